from __future__ import annotations

import io
import json
from typing import Any

from mplay.model.events import Event, HostLost, Loop, RunEnd, Wait
from mplay.model.record import Listener
from mplay.model.row import TaskRow
from mplay.model.task import TaskKey, TaskStatus
from mplay.report.document import Document, dry_run_document
from mplay.report.writer import Writer
from tests.unit.journal.make import begin, intent, outcome, records


def _documents(*events: Event) -> list[dict[str, Any]]:
    out = io.StringIO()
    listener: Listener = Document(Writer(out))
    for record in records(*events):
        listener.on_record(record)
    listener.on_output("a@h", "h", "words")
    text = out.getvalue()
    return [json.loads(text)] if text else []


def test_nothing_is_written_before_the_end() -> None:
    assert _documents(begin(), intent("web/conf@web1")) == []


def test_a_run_has_the_promised_keys_and_one_row_per_step_and_host() -> None:
    (found,) = _documents(
        begin(),
        intent("web/conf@web1"),
        outcome("web/conf@web1"),
        Loop(task="web/conf@web2", items=["a", "b"]),
        outcome("web/conf@web2#0", "ok", 0),
        outcome("web/conf@web2#1", "failed", 0, why="no", output="last words"),
        HostLost(host="web2", why="no route"),
        RunEnd(status="halted", exit=4, why="web2 failed"),
    )
    assert {"run", "status", "phase", "exit", "environment", "tasks"} <= set(found)
    assert (found["run"], found["status"], found["exit"]) == ("20261123-0230-7k3f", "halted", 4)
    assert found["environment"] == "staging"
    assert found["lost"] == {"web2": "no route"}
    first, second = found["tasks"]
    keys = ("step", "host", "status", "summary", "seconds")
    assert [first[k] for k in keys] == ["web/conf", "web1", "changed", "mode 0600 -> 0644", 1.5]
    assert second["status"] == "failed"
    assert [(i["item"], i["status"]) for i in second["items"]] == [(0, "ok"), (1, "failed")]
    assert second["items"][1]["output"] == "last words"
    assert "mplay resume 20261123-0230-7k3f" in found["next"]


def test_a_waiting_run_names_the_answer_as_the_next_command() -> None:
    (found,) = _documents(
        begin(),
        Wait(task="docs@localhost", ask="Update", evidence=True),
        RunEnd(status="waiting", exit=8),
    )
    assert found["next"][0] == "mplay resume 20261123-0230-7k3f --evidence docs=TEXT"


def test_one_command_answers_all_that_is_asked() -> None:
    (found,) = _documents(
        begin(),
        Wait(task="docs@localhost", ask="Update"),
        Wait(task="web/between/ask@localhost", ask="go on?"),
        Wait(task="db/between/ask@localhost~2", ask="go on?"),
        RunEnd(status="waiting", exit=8),
    )
    assert found["next"][0] == "mplay resume 20261123-0230-7k3f --evidence docs=TEXT --yes"


def test_control_characters_of_a_host_are_escapes_in_json() -> None:
    out = io.StringIO()
    listener = Document(Writer(out))
    for record in records(
        begin(),
        outcome("web/conf@web1", "failed", 0, output="\x1b[31m\u202e"),
        RunEnd(status="halted", exit=4),
    ):
        listener.on_record(record)
    assert out.getvalue().isascii()
    assert "\x1b" not in out.getvalue()


def test_a_dry_run_has_the_keys_of_a_run_and_says_it_is_none() -> None:
    row = TaskRow(key=TaskKey("a", "h"), status=TaskStatus.WOULD_CHANGE, way_back="irreversible")
    found = dry_run_document(
        [row], name="Monthly", environment="staging", exit_code=0, extra={"locked": {}}
    )
    assert (found["run"], found["status"], found["exit"], found["changes"]) == (
        None,
        "dry-run",
        0,
        1,
    )
    assert found["tasks"][0]["way_back"] == "irreversible"
    assert found["locked"] == {}


def test_what_every_task_printed_is_there_where_it_is_wanted() -> None:
    events = (
        begin({"look": ["web1"], "each": ["web1"]}),
        intent("look@web1"),
        outcome("look@web1", output="hello\n"),
        Loop(task="each@web1", items=["a"]),
        intent("each@web1#0", number=2),
        outcome("each@web1#0", output="a\n"),
        RunEnd(status="succeeded", exit=0),
    )
    for verbose, wanted in ((0, ("", "")), (1, ("hello\n", "a\n"))):
        out = io.StringIO()
        listener = Document(Writer(out), verbose=verbose)
        for record in records(*events):
            listener.on_record(record)
        look, each = json.loads(out.getvalue())["tasks"]
        assert (look["output"], each["items"][0]["output"]) == wanted
