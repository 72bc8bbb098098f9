from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mplay.journal import Journal
from mplay.model.errors import UsageError
from mplay.model.events import Intent, OutcomeSeen
from mplay.model.secrets import Secrets
from mplay.sdk import sh
from tests.unit.journal.make import begin, intent

SECRET = "it's hunter22"


def known(*values: str) -> Secrets:
    secrets = Secrets()
    for value in values or (SECRET,):
        secrets.add(value, f"vault:{value}")
    return secrets


def written(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())


def with_secret() -> Intent:
    return replace(
        intent("a@w1"),
        summary=f"set {SECRET}",
        apply=sh("( exec sh -c {x} )", x=sh("mysql -p{x}", x=SECRET)),
        restore=sh("printf %s {x}", x=SECRET),
        environment={"PGPASSWORD": SECRET},
        seen={f"file:/{SECRET}:kind": SECRET},
        undo_calls=[{"name": "copy", "args": {"content": SECRET}}],
    )


def test_a_known_secret_is_in_no_byte_of_the_journal_and_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "j" / "journal.db"
    with Journal.open(path, secrets=known()) as journal:
        journal.begin("r1", begin())
        record = journal.append("r1", with_secret())
        assert "hunter22" not in repr(record)
        found = journal.records("r1")[1].event
        assert isinstance(found, Intent)
        wanted = replace(with_secret(), restore_needs_secrets=True)
        assert replace(found, diff=(), blobs=(), verify=()) == wanted
        assert not journal.verify("r1")
    assert b"hunter22" not in written(path)
    with Journal.open(path, secrets=known()) as journal:
        found = journal.records("r1")[1].event
        assert isinstance(found, Intent)
        assert (found.apply, found.restore) == (with_secret().apply, with_secret().restore)
        assert found.restore_needs_secrets
    with Journal.open(path) as journal:
        found = journal.records("r1")[1].event
        assert isinstance(found, Intent)
        assert "hunter22" not in repr(found)
        assert found.task == "a@w1"


def test_names_of_hosts_and_steps_stay_what_they_are(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "j" / "journal.db", secrets=known("stg-web1")) as journal:
        journal.begin("r1", begin())
        journal.append("r1", replace(intent("a@stg-web1"), host="stg-web1", summary="on stg-web1"))
    with Journal.open(tmp_path / "j" / "journal.db") as journal:
        found = journal.records("r1")[1].event
        assert isinstance(found, Intent)
        assert (found.task, found.host) == ("a@stg-web1", "stg-web1")
        assert "stg-web1" not in found.summary


def test_a_way_back_that_could_not_be_read_again_is_refused_before_it_is_written(
    tmp_path: Path,
) -> None:
    with Journal.open(
        tmp_path / "j" / "journal.db", secrets=known("first-line\nsecond")
    ) as journal:
        journal.begin("r1", begin())
        with pytest.raises(UsageError, match="in a form that cannot be found again"):
            journal.append("r1", replace(intent("a@w1"), restore="echo first-line"))
        assert len(journal.records("r1")) == 1


def test_what_a_task_printed_is_written_without_its_secrets(tmp_path: Path) -> None:
    path = tmp_path / "j" / "journal.db"
    with Journal.open(path, secrets=known()) as journal:
        journal.begin("r1", begin())
        journal.append(
            "r1",
            OutcomeSeen(task="a@w1", attempt=1, outcome="DONE", status="ok", output=f"x {SECRET}"),
        )
    assert b"hunter22" not in written(path)
