from __future__ import annotations

import resource
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mplay.config import default_journal
from mplay.journal import Journal
from mplay.journal.place import filesystem_of, path_of
from mplay.journal.schema import VERSION
from mplay.model.errors import JournalError, UsageError
from mplay.model.events import Note
from tests.unit.journal.make import RUN, begin, open_journal

MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/ann/local\\040disk xfs rw 0 0
"""


def test_the_default_place_is_in_the_state_folder_of_the_user() -> None:
    assert default_journal("shop", {"XDG_STATE_HOME": "/s", "HOME": "/h"}) == Path(
        "/s/mplay/shop/journal.db"
    )
    assert default_journal("shop", {"HOME": "/h"}) == Path("/h/.local/state/mplay/shop/journal.db")
    assert default_journal("shop", {"XDG_STATE_HOME": "relative", "HOME": "/h"}).is_absolute()


def test_a_url_and_a_plain_path_name_the_same_file() -> None:
    assert path_of("sqlite:////var/j.db") == path_of("/var/j.db") == Path("/var/j.db")


def test_a_database_of_another_kind_is_refused_without_its_password() -> None:
    with pytest.raises(UsageError, match="not in this version") as caught:
        path_of("postgresql://ann:secret@db/journal")
    assert "secret" not in str(caught.value)


def test_the_file_system_of_a_path_is_that_of_the_nearest_mount() -> None:
    assert filesystem_of(Path("/var/j.db"), MOUNTS) == "ext4"
    assert filesystem_of(Path("/home/ann/j.db"), MOUNTS) == "nfs4"
    assert filesystem_of(Path("/home/ann/local disk/j.db"), MOUNTS) == "xfs"
    assert filesystem_of(Path("/homework/j.db"), MOUNTS) == "ext4"
    assert filesystem_of(Path("/x"), "") == ""


def test_a_journal_on_a_network_file_system_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    place = tmp_path / "new" / "journal.db"
    with pytest.raises(UsageError, match="network file system"):
        Journal.open(place, mounts=f"server:/x {tmp_path} nfs rw 0 0\n")
    assert list(tmp_path.iterdir()) == []


def test_file_and_folder_are_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "mplay"
    with open_journal(folder) as journal:
        journal.begin(RUN, begin())
        with journal.executor_lock(RUN):
            made = [folder.parent, folder, *folder.rglob("*")]
            modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in made}
    assert {mode for name, mode in modes.items() if name.startswith("journal.db-")} == {0o600}
    assert modes["journal.db"] == 0o600
    assert modes["state"] == modes["mplay"] == modes["journal.db.executing"] == 0o700


def test_a_file_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    open_journal(tmp_path).close()
    (tmp_path / "journal.db").chmod(0o644)
    open_journal(tmp_path).close()
    assert stat.S_IMODE((tmp_path / "journal.db").stat().st_mode) == 0o600


def test_a_folder_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(UsageError, match="writable by everybody"):
        open_journal(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_located_error() -> None:
    with pytest.raises(UsageError) as caught:
        Journal.open("/proc/mplay/journal.db")
    assert "/proc/mplay" in str(caught.value)
    assert "--journal PATH" in str(caught.value)


def test_a_folder_where_no_file_can_be_made_is_a_located_error() -> None:
    with pytest.raises(UsageError, match="cannot be made"):
        Journal.open("/proc/self/journal.db")


def test_a_file_in_the_place_of_the_folder_is_a_located_error(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("x")
    with pytest.raises(UsageError, match="plain"):
        Journal.open(tmp_path / "plain" / "deeper" / "journal.db")
    with pytest.raises(UsageError, match="plain"):
        Journal.open(tmp_path / "plain" / "journal.db")


def test_a_folder_in_the_place_of_the_file_is_a_located_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Is a directory"):
        Journal.open(tmp_path)


def test_a_journal_that_is_only_read_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no journal here yet"):
        Journal.open(tmp_path / "deep" / "journal.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_text("name: a playbook\n" * 100)
    with pytest.raises(UsageError, match="not a journal"):
        open_journal(tmp_path)
    assert (tmp_path / "journal.db").read_text().startswith("name:")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.db") as raw:
        raw.execute("CREATE TABLE theirs (x)")
    raw.close()
    before = (tmp_path / "journal.db").read_bytes()
    with pytest.raises(UsageError, match="not a journal of mplay"):
        open_journal(tmp_path)
    assert (tmp_path / "journal.db").read_bytes() == before


def test_a_journal_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    open_journal(tmp_path).close()
    with sqlite3.connect(tmp_path / "journal.db") as raw:
        raw.execute(f"PRAGMA user_version = {VERSION + 1}")
    raw.close()
    with pytest.raises(UsageError, match="newer mplay"):
        open_journal(tmp_path)


def test_a_damaged_journal_is_a_located_error(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        for number in range(50):
            journal.append(RUN, Note(text=f"{number}" * 200))
    path = tmp_path / "journal.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    with pytest.raises(UsageError, match="damaged"):
        open_journal(tmp_path)


def test_a_file_left_empty_by_a_crash_becomes_a_journal(tmp_path: Path) -> None:
    (tmp_path / "journal.db").touch()
    with open_journal(tmp_path) as journal:
        assert journal.begin(RUN, begin()).seq == 1


def test_events_of_a_newer_mplay_can_be_read_and_nothing_is_added(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        journal.append(RUN, Note(text="x"))
    with sqlite3.connect(tmp_path / "journal.db") as raw:
        raw.execute("DROP TRIGGER events_keep_UPDATE")
        raw.execute("UPDATE events SET kind = 'TELEPATHY' WHERE seq = 2")
        raw.execute("INSERT INTO kinds VALUES ('TELEPATHY')")
    raw.close()
    with open_journal(tmp_path) as journal:
        assert [r.event.KIND for r in journal.records(RUN)] == ["RUN_BEGIN", "FOREIGN"]
        assert journal.state(RUN).name == "Monthly maintenance"
        writes: tuple[Callable[[], object], ...] = (
            lambda: journal.begin("new", begin()),
            lambda: journal.append(RUN, Note(text="y")),
            lambda: journal.claim(RUN, ["web1"]),
        )
        for write in writes:
            with pytest.raises(UsageError, match="TELEPATHY"):
                write()


_FULL = """
import resource, sys
from mplay.journal import Journal
from mplay.model.errors import MplayError
from mplay.model.events import Note
from tests.unit.journal.make import RUN, begin
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    with Journal.open(sys.argv[1]) as journal:
        journal.begin(RUN, begin())
        number = 0
        try:
            while True:
                journal.append(RUN, Note(text="x" * 5000))
                number += 1
        except MplayError as error:
            print(type(error).__name__, number, error)
        try:
            journal.append(RUN, Note(text="small"))
        except MplayError as error:
            print(type(error).__name__, "again")
except MplayError as error:
    print(type(error).__name__, "open", error)
"""


def _on_a_full_disk(path: Path, limit: int) -> list[str]:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-c", _FULL, str(path), str(limit)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_disk_that_fills_up_stops_the_journal_for_good_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    told = _on_a_full_disk(path, 400_000)
    kind, number, _ = told[0].split(" ", 2)
    assert kind == "JournalError"
    assert str(path) in told[0]
    assert told[-1] == "JournalError again"
    with open_journal(tmp_path) as journal:
        assert journal.verify() == []
        assert len(journal.records(RUN)) in {int(number) + 1, int(number) + 2}


def test_a_journal_that_cannot_be_made_on_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    told = _on_a_full_disk(tmp_path / "deep" / "journal.db", 8_000)
    assert told[0].startswith("UsageError open")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_the_full_disk_does_not_let_begin_is_refused_as_usage(tmp_path: Path) -> None:
    open_journal(tmp_path).close()
    told = _on_a_full_disk(tmp_path / "journal.db", 20_000)
    assert told[0].startswith("UsageError open")
    with open_journal(tmp_path) as journal:
        assert journal.runs() == []


def test_an_error_of_the_writer_reaches_every_caller_as_a_journal_error(tmp_path: Path) -> None:
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        with sqlite3.connect(tmp_path / "journal.db") as raw:
            raw.execute("DROP TABLE tasks")
            raw.execute("DROP TABLE runs")
        raw.close()
        for _ in range(2):
            with pytest.raises(JournalError, match="journal"):
                journal.append(RUN, Note(text="x"))
