"""What each -v adds, and what none of them shows."""

from __future__ import annotations

import io

import pytest

from mplay.model.events import Event, HostSeen
from mplay.report.detail import details
from mplay.report.lines import Lines
from mplay.report.writer import Styled, Writer
from tests.unit.journal.make import begin, intent, outcome, records, undoing

TASK = "web/conf@web1"
PIECES = [
    HostSeen(host="web1", machine_id="m", boot="b", token="t0ken"),
    intent(
        TASK, summary="write it", seen={"file:x:kind": "absent"}, apply="cat >x", restore="rm x"
    ),
    outcome(TASK, seen={"file:x:kind": "file"}),
    undoing(TASK),
]
CHECK = outcome("web/up@web1", attempt=0, status="ok", reasons=["answered in 0.1 s"])


def said(event: Event, level: int) -> list[str]:
    return [
        "".join(part.text if isinstance(part, Styled) else part for part in parts)
        for parts in details(event, level)
    ]


def of_all(level: int) -> list[str]:
    return [line for event in (*PIECES, CHECK) for line in said(event, level)]


def test_without_v_nothing_is_added() -> None:
    assert of_all(0) == []


def test_v_adds_what_a_check_saw() -> None:
    assert of_all(1) == ["web/up@web1 | answered in 0.1 s"]


def test_vv_adds_what_begins() -> None:
    assert [line for line in of_all(2) if line not in of_all(1)] == [
        "web1 | answers",
        "web/conf@web1 | apply with file, attempt 1 on web1: write it",
        "web/conf@web1 | undo of attempt 1 begins on web1",
    ]


def test_vvv_adds_facts_and_shell() -> None:
    assert [line for line in of_all(3) if line not in of_all(2)] == [
        "web/conf@web1 | before: file:x:kind = absent",
        "web/conf@web1 | + cat >x",
        "web/conf@web1 | - rm x",
        "web/conf@web1 | after: file:x:kind = file",
    ]


def test_of_a_task_with_no_log_only_that_it_begins() -> None:
    hidden = intent(TASK, seen={"k": "s3cret"}, apply="echo s3cret", restore="s3cret", no_log=True)
    lines = said(hidden, 3)
    assert lines[1:] == ["web/conf@web1 | its facts and its shell are hidden: no_log"]
    assert "s3cret" not in "".join(lines)


@pytest.mark.parametrize("level", [0, 3])
def test_the_terminal_shows_them_between_its_lines(level: int) -> None:
    out = io.StringIO()
    lines = Lines(Writer(out), verbose=level)
    for record in records(begin({"web/conf": ["web1"]}), *PIECES[1:3]):
        lines.on_record(record)
    assert ("+ cat >x" in out.getvalue()) is (level == 3)
