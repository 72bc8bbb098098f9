"""A run as a JSON object a line, as it happens."""

from __future__ import annotations

import io
import json
from typing import Any

from mplay.model.events import Claimed, Event, Note, RunEnd
from mplay.model.record import Listener
from mplay.model.state import RunState
from mplay.report.document import run_document
from mplay.report.redact import Redactor
from mplay.report.stream import Stream, dry_run_objects
from mplay.report.writer import Writer
from tests.unit.journal.make import RUN, begin, intent, outcome, records, undone

TASK = "web/conf@web1"


class Flushed(io.StringIO):
    """Remembers what had been written at each flush."""

    def __init__(self) -> None:
        super().__init__()
        self.at: list[str] = []

    def flush(self) -> None:
        self.at.append(self.getvalue())


def streamed(*events: Event, verbose: int = 0) -> list[dict[str, Any]]:
    out = io.StringIO()
    stream = Stream(Writer(out, compact=True), verbose=verbose)
    for record in records(*events):
        stream.on_record(record)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_stream_is_a_listener() -> None:
    listener: Listener = Stream(Writer(io.StringIO(), compact=True))
    assert listener


def test_every_line_is_flushed_before_the_next_thing_happens() -> None:
    out = Flushed()
    stream = Stream(Writer(out, compact=True))
    for number, record in enumerate(records(begin(), intent(TASK), outcome(TASK)), 1):
        stream.on_record(record)
        assert out.at[-1].count("\n") == number
        assert out.at[-1] == out.getvalue()


def test_a_line_says_what_of_which_task_and_nothing_of_scripts_and_variables() -> None:
    first, begun, ended = streamed(
        begin({"web/conf": ["web1"]}, variables={"web1": {"x": "hush"}}, sources={"a": "hush"}),
        intent(TASK, apply="hush", seen={"a": "hush"}, restore="hush", probe="hush"),
        outcome(TASK, seen={"a": "hush"}, rc=0),
    )
    assert first["kind"] == "RUN_BEGIN"
    assert first["steps"] == ["web/conf"]
    assert begun["kind"] == "INTENT"
    assert {k: begun[k] for k in ("run", "seq", "task", "step", "host", "item", "runs_on")} == {
        "run": RUN,
        "seq": 2,
        "task": TASK,
        "step": "web/conf",
        "host": "web1",
        "item": None,
        "runs_on": "web1",
    }
    assert (ended["kind"], ended["status"], ended["rc"]) == ("OUTCOME", "changed", 0)
    assert "hush" not in json.dumps([first, begun, ended])


def test_what_only_mplay_needs_is_passed_over_and_a_note_may_have_a_host() -> None:
    first, note = streamed(begin(), Claimed(hosts=["web1"]), Note(text="look", host="web1"))
    assert first["kind"] == "RUN_BEGIN"
    assert (note["kind"], note["text"], note["host"]) == ("NOTE", "look", "web1")


def test_the_end_is_the_whole_document() -> None:
    events = (begin(), intent(TASK), outcome(TASK), RunEnd(status="succeeded", exit=0))
    *_, end = streamed(*events)
    assert end["kind"] == "RUN_END"
    assert (end["status"], end["exit"]) == ("succeeded", 0)
    assert [task["status"] for task in end["tasks"]] == ["changed", "pending"]


def test_what_happened_before_a_resume_is_known_at_the_end_and_not_written_again() -> None:
    before = records(begin({"web/conf": ["web1"]}), intent(TASK), outcome(TASK))
    out = io.StringIO()
    stream = Stream(Writer(out, compact=True))
    stream.know(before)
    assert out.getvalue() == ""
    for record in records(
        *(r.event for r in before), undone(TASK), RunEnd(status="halted", exit=4)
    ):
        if record.seq > len(before):
            stream.on_record(record)
    (told, end) = (json.loads(line) for line in out.getvalue().splitlines())
    assert (told["kind"], told["result"]) == ("UNDONE", "undone")
    assert end["tasks"][0]["status"] == "undone"


def test_output_is_told_by_whole_lines_where_it_is_wanted() -> None:
    for verbose, wanted in ((0, []), (1, ["one", "two"])):
        out = io.StringIO()
        stream = Stream(Writer(out, compact=True), verbose=verbose)
        stream.on_output(TASK, "web1", "one\ntw")
        stream.on_output(TASK, "web1", "o\nthr")
        lines = [json.loads(line) for line in out.getvalue().splitlines()]
        assert [line["text"] for line in lines] == wanted
        assert all(line["kind"] == "OUTPUT" and line["step"] == "web/conf" for line in lines)


def test_a_known_secret_is_in_no_line() -> None:
    out = io.StringIO()
    stream = Stream(Writer(out, compact=True, redactor=Redactor(["hunter2!\n"])), verbose=1)
    for record in records(begin(), Note(text="it is hunter2!\n")):
        stream.on_record(record)
    assert "hunter2" not in out.getvalue()
    assert json.loads(out.getvalue().splitlines()[1])["text"] == "it is [secret]"


def test_a_dry_run_is_its_tasks_and_then_the_whole() -> None:
    document = {"run": None, "status": "dry-run", "tasks": [{"step": "a", "status": "ok"}]}
    task, end = dry_run_objects(document)
    assert task == {"kind": "FORECAST", "run": None, "step": "a", "status": "ok"}
    assert end == {"kind": "RUN_END", **document}


def test_the_end_has_all_keys_of_the_document() -> None:
    made = records(begin(), RunEnd(status="succeeded", exit=0))
    (_, end) = streamed(begin(), RunEnd(status="succeeded", exit=0))
    assert run_document(RunState.of(made)).keys() <= end.keys()
