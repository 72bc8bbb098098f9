"""A typed call is a run like any other: foreseen, done, killed, resumed, undone."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mplay.app.apply import apply
from mplay.app.dry_run import dry_run
from mplay.app.prepare import Request
from mplay.app.typed import FILE, Typed
from mplay.executor.dryrun import Forecast
from mplay.model.errors import HostLocked, UsageError
from mplay.model.events import Abort, Intent, RunBegin, Taken
from mplay.model.record import Record
from mplay.report.following import again
from mplay.report.stream import Stream
from mplay.report.writer import Writer
from tests.faults.ground import DyingJournal, Killed
from tests.journeys.local.stage import Stage, Told, Watcher

UNDO = "sed -i /x/d"


def request(stage: Stage, *words: str, **more: Any) -> Request:
    command = ("mplay", "do", *words)
    typed = Typed(words=words)
    return Request(playbook=Path(FILE), typed=typed, command=command, options=stage.options, **more)


def do(stage: Stage, *words: str, at: Callable[[Record], None] | None = None, **more: Any) -> Told:
    watcher = Watcher(at)
    run, ending = apply(stage.project, request(stage, *words, **more), stage.hosts, [watcher])
    with stage.project.journal() as journal:
        return Told(ending, watcher, journal.state(run))


def foreseen(stage: Stage, *words: str) -> Forecast:
    return dry_run(stage.project, request(stage, *words), stage.hosts)[1]


def line(stage: Stage) -> tuple[str, ...]:
    """A call that puts a line into a file of the host's own."""
    path = f"{stage.files}/note-{{{{ inventory_hostname }}}}"
    return ("shell", f"echo x >>{path}", f"undo={UNDO} {path}", f"state=cat {path} || true")


def test_a_call_is_done_on_every_host_of_the_pattern_and_undone(stage: Stage) -> None:
    told = do(stage, "w1:w3", *line(stage))
    assert told.said == ("succeeded", 0)
    assert [stage.read(f"note-{host}") for host in ("w1", "w3")] == ["x\n", "x\n"]
    assert not (stage.files / "note-w2").exists()
    assert stage.rollback().said == ("rolled-back", 0)
    assert [stage.read(f"note-{host}") for host in ("w1", "w3")] == ["", ""]
    assert stage.claims() == {}
    assert stage.locked() == []


def test_a_dry_run_says_so_and_leaves_no_run(stage: Stage) -> None:
    (row,) = foreseen(stage, "w1", "copy", f"dest={stage.files}/a", "content=b\n").rows
    assert (row.status, row.key.path) == ("would-change", "copy")
    assert not (stage.files / "a").exists()
    assert not (stage.folder / "state").exists()


def test_twice_is_once(stage: Stage) -> None:
    words = ("w1", "copy", f"dest={stage.files}/a", "content=b\n")
    assert do(stage, *words).status("copy@w1") == "changed"
    assert do(stage, *words).status("copy@w1") == "ok"


def test_a_call_that_was_killed_goes_on_from_the_journal_alone(
    stage: Stage, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_text("content\n")
    deaths = 0

    def dies(record: Record) -> None:
        nonlocal deaths
        if isinstance(record.event, Intent) and not deaths:
            deaths += 1
            raise Killed

    with pytest.raises(Killed):
        do(stage, "all", "copy", f"src={source}", f"dest={stage.files}/{{{{ letter }}}}", at=dies)
    (stage.folder / "hosts.ini").write_text("")
    stage.forget_modules()
    assert stage.resume().said == ("succeeded", 0)
    assert [stage.read(name) for name in "abc"] == ["content\n"] * 3
    assert stage.rollback().said == ("rolled-back", 0)
    assert not any((stage.files / name).exists() for name in "abc")


@pytest.mark.parametrize("after", [False, True])
def test_a_call_may_die_at_any_record_and_is_done_once(stage: Stage, after: bool) -> None:
    path = stage.files / "count"
    words = ("w1", "shell", f"echo x >>{path}", f"undo={UNDO} {path}", f"state=cat {path} || true")
    path.touch()
    for at in range(2, 30):
        DyingJournal.death.at, DyingJournal.death.after, DyingJournal.death.seen = at, after, 0
        try:
            do(stage, *words)
        except Killed:
            DyingJournal.death.at = 0
            assert stage.resume().said == ("succeeded", 0), at
        else:
            break
        finally:
            DyingJournal.death.at = 0
        assert path.read_text() == "x\n", at
        assert stage.rollback().said == ("rolled-back", 0)
        assert path.read_text() == "", at
    else:
        pytest.fail("the call never came to its end")


def test_a_command_without_an_undo_that_fails_leaves_no_host_locked(stage: Stage) -> None:
    told = do(stage, "all", "shell", "echo oops; exit 3")
    assert told.said == ("halted", 4)
    assert stage.claims() == {}
    assert stage.locked() == []
    assert do(stage, "all", "shell", "true").said == ("succeeded", 0)


def test_what_to_do_after_a_failure_may_still_be_said(stage: Stage) -> None:
    words = ("all", "shell", "[ {{ letter }} != b ]")
    assert do(stage, *words, on_failure="continue").said == ("incomplete", 4)


def test_the_limit_and_variables_narrow_and_fill(stage: Stage) -> None:
    path = stage.files / "said"
    words = ("all", "shell", f"echo {{{{ word }}}} >>{path}")
    assert do(stage, *words, limit="w2", extra_vars={"word": "hi"}).said == ("succeeded", 0)
    assert path.read_text() == "hi\n"


def test_a_host_that_another_run_holds_is_refused(stage: Stage) -> None:
    refused: list[str] = []

    def at(record: Record) -> None:
        if isinstance(record.event, Intent):
            with pytest.raises(HostLocked) as caught:
                do(stage, "w1", "shell", "true")
            refused.append(str(caught.value))

    assert do(stage, "w1", "shell", "true", at=at).said == ("succeeded", 0)
    assert "mplay unlock" in refused[0]


def test_the_journal_knows_the_call_and_the_command_that_repeats_it(stage: Stage) -> None:
    told = do(stage, "w1", "shell", "echo a b", "undo=true")
    (begin,) = told.events(RunBegin)
    assert begin.name == "do shell on w1"
    assert json.loads(begin.sources[FILE])["steps"][0]["shell"] == {
        "run": "echo a b",
        "undo": "true",
    }
    stage.rollback()
    assert again(told.state) == "mplay do w1 shell 'echo a b' undo=true"
    with pytest.raises(UsageError, match=r"apply again: mplay do w1 shell"):
        stage.resume()


def test_a_pattern_that_is_nowhere_is_refused_at_its_word(stage: Stage) -> None:
    with pytest.raises(UsageError, match=r"argument 1 no host or group is called 'w9'"):
        do(stage, "w9", "shell", "true")


def test_a_stream_tells_it_as_it_happens(stage: Stage) -> None:
    out = io.StringIO()
    stream = Stream(Writer(out, compact=True), verbose=1)
    apply(stage.project, request(stage, "w1:w2", "shell", "echo hello"), stage.hosts, [stream])
    lines = [json.loads(text) for text in out.getvalue().splitlines()]
    kinds = [line["kind"] for line in lines]
    assert kinds[0] == "RUN_BEGIN"
    assert kinds[-1] == "RUN_END"
    assert kinds.count("INTENT") == kinds.count("OUTCOME") == kinds.count("OUTPUT") == 2
    for host in ("w1", "w2"):
        own = [line["seq"] for line in lines if line.get("host") == host and "seq" in line]
        assert own == sorted(own)
    assert lines[-1]["exit"] == 0


def test_a_rollback_tells_its_watchers_what_began_it(stage: Stage) -> None:
    do(stage, "w1", *line(stage))
    told = stage.rollback()
    (taken,), (abort,) = told.events(Taken), told.events(Abort)
    assert (taken.what, abort.scope) == ("rollback", "run")
