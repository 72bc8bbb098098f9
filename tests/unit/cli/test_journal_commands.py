from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from mplay.cli.main import main
from mplay.model.events import HostSeen, Note, PhaseBegan, RunEnd
from tests.unit.journal.make import (
    RUN,
    HeldClock,
    begin,
    intent,
    open_journal,
    outcome,
    undoing,
    undone,
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A journal with a run that succeeded, and a working directory without a project."""
    monkeypatch.chdir(tmp_path)
    clock = HeldClock()
    with open_journal(tmp_path, clock=clock) as journal:
        journal.begin(RUN, begin({"web/conf": ["web1", "web2"], "web/reload": ["web1"]}))
        journal.append_all(
            RUN,
            [
                PhaseBegan(phase="steps"),
                HostSeen(host="web1", machine_id="m", boot="b", token="t"),
                intent("web/conf@web1", restore="chmod 0600 /a\n"),
                outcome("web/conf@web1", output="done \x1b[31m\n"),
                intent("web/conf@web2", restore=None, irreversible="cannot", way_back="none"),
                outcome("web/conf@web2"),
                outcome("web/reload@web1", "ok", 0),
                Note(text="a word"),
                PhaseBegan(phase="closed"),
                RunEnd(status="succeeded", exit=0),
            ],
        )
    return str(tmp_path / "journal.db")


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*arguments, "--format", "json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    found: dict[str, Any] = json.loads(said.out)
    return found


def _text(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


def test_runs_are_listed_with_the_promised_keys(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _json(capsys, "runs", "--journal", place)
    (row,) = found["runs"]
    assert {k: row[k] for k in ("run", "status", "phase", "environment", "begun")} == {
        "run": RUN,
        "status": "succeeded",
        "phase": "closed",
        "environment": "staging",
        "begun": "2026-11-23T02:30:00.000Z",
    }
    text = _text(capsys, "runs", "--journal", place)
    assert f"{RUN}  succeeded  closed  staging" in text


def test_a_project_without_a_journal_has_no_runs_and_gets_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert _text(capsys, "runs") == "no runs yet\n"
    assert _json(capsys, "runs") == {"runs": []}
    assert not (tmp_path / "state").exists()


def test_an_interrupted_run_says_who_was_silent_since_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
    place = str(tmp_path / "journal.db")
    text = _text(capsys, "runs", "--journal", place)
    assert "interrupted" in text
    assert "ann@here silent since 2026-11-23T02:30:00.000Z" in text
    shown = _json(capsys, "show", "last", "--journal", place)
    assert shown["status"] == "interrupted"


def test_show_tells_the_whole_run(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = _text(capsys, "show", "last", "--journal", place)
    assert f"run {RUN}  Monthly maintenance on staging" in text
    assert "web/conf    changed       2 hosts" in text
    assert "note: a word" in text
    assert f"mplay rollback {RUN}" in text
    found = _json(capsys, "show", RUN, "--journal", place)
    assert [t["status"] for t in found["tasks"]] == ["changed", "changed", "ok"]


def test_show_tells_one_step_or_all_of_a_block(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = _text(capsys, "show", "last", "web/conf", "--host", "web1", "--journal", place)
    assert "attempt 1 on web1" in text
    assert "was: a = 0600" in text
    assert "expected: a = 0644" in text
    assert "| done \\x1b[31m" in text
    assert "web2" not in text
    block = _json(capsys, "show", "last", "web", "--journal", place)
    assert [t["step"] for t in block["tasks"]] == ["web/conf", "web/conf", "web/reload"]
    assert block["tasks"][0]["attempts"][0]["restore"] == "chmod 0600 /a\n"


def test_show_restore_is_the_shell_that_undoes_it_the_last_change_first(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = _text(capsys, "show", "last", "--restore", "--journal", place)
    lines = text.splitlines()
    assert lines.index("# no way back: cannot") < lines.index("chmod 0600 /a")
    assert all(line.startswith("#") or line in ("", "chmod 0600 /a") for line in lines)
    found = _json(capsys, "show", "last", "--restore", "--journal", place)
    assert [a["task"] for a in found["attempts"]] == ["web/conf@web2", "web/conf@web1"]


def test_show_log_is_every_event_or_those_of_a_part(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = _text(capsys, "show", "last", "--log", "--journal", place)
    assert "RUN_BEGIN" in text
    assert "      | done \\x1b[31m" in text
    part = _json(capsys, "show", "last", "web/reload", "--log", "--journal", place)
    assert [e["kind"] for e in part["events"]] == ["OUTCOME"]
    host = _json(capsys, "show", "last", "--host", "web1", "--log", "--journal", place)
    assert [e["kind"] for e in host["events"]] == ["HOST", "INTENT", "OUTCOME", "OUTCOME"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing"], "no run is called 'nothing'"),
        (["last", "web/cnf"], "Did you mean 'web/conf'?"),
        (["last", "--host", "web9"], "no task about host 'web9'"),
        (["last", "web/reload", "--host", "web2"], "no task web/reload@web2"),
    ],
)
def test_what_is_not_there_is_refused(
    place: str, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", *arguments, "--journal", place]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert told in said.err


def test_a_run_in_which_nothing_was_changed_has_nothing_to_undo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
    text = _text(capsys, "show", "last", "--restore", "--journal", str(tmp_path / "journal.db"))
    assert text == "# nothing was changed: nothing to undo\n"


def test_an_undone_attempt_is_marked_in_the_way_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    calls = [{"name": "file", "args": {"path": "/a"}}]
    with open_journal(tmp_path) as journal:
        journal.begin(RUN, begin())
        task = "web/conf@web1"
        journal.append_all(
            RUN, [intent(task, undo_calls=calls), outcome(task), undoing(task), undone(task)]
        )
    text = _text(capsys, "show", "last", "--restore", "--journal", str(tmp_path / "journal.db"))
    assert "# undone" in text
    assert '"path": "/a"' in text


def test_verify_is_quiet_about_an_honest_journal_and_7_about_another(
    place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        _text(capsys, "journal", "verify", "--journal", place) == "1 run: all as it was written\n"
    )
    head = _json(capsys, "show", "last", "--journal", place)["head"]
    assert _json(capsys, "journal", "verify", "last", "--head", head, "--journal", place) == {
        "runs": 1,
        "findings": [],
    }
    assert main(["journal", "verify", "last", "--head", "1:00", "--journal", place]) == 7
    assert head in capsys.readouterr().out
    with sqlite3.connect(place) as raw:
        raw.execute("DROP TRIGGER events_keep_UPDATE")
        raw.execute("UPDATE events SET by = 'mallory' WHERE seq = 3")
    raw.close()
    assert main(["journal", "verify", "--journal", place]) == 7
    assert f"run {RUN}, event 3: its content was changed (HOST)" in capsys.readouterr().out


def test_a_head_needs_a_run(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "verify", "--head", "1:00", "--journal", place]) == 2
    assert capsys.readouterr().out == ""


def test_the_tables_can_be_rebuilt(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = _json(capsys, "runs", "--journal", place)
    with sqlite3.connect(place) as raw:
        raw.execute("DELETE FROM runs")
        raw.execute("DELETE FROM tasks")
    raw.close()
    assert main(["journal", "verify", "--journal", place]) == 7
    capsys.readouterr()
    assert _text(capsys, "journal", "rebuild", "--journal", place) == "1 run rebuilt\n"
    assert _json(capsys, "runs", "--journal", place) == before


def test_a_file_that_is_no_journal_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").write_text("name: x\n" * 10)
    assert main(["runs", "--journal", str(tmp_path / "x")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "not a journal of mplay" in said.err


def test_the_next_command_names_the_journal_that_this_one_named(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "mplay.toml"
    config.write_text('project = "t"\n')
    given = ("-c", str(config), "--journal", place)
    assert f"mplay rollback {RUN} -c {config} --journal {place}" in _text(
        capsys, "show", "last", *given
    )
    assert _json(capsys, "show", "last", "--journal", place)["next"] == [
        f"mplay rollback {RUN} --journal {place}"
    ]
