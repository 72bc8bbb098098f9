"""What each transform did, as text."""

from __future__ import annotations

from pathlib import Path

from mplay.planner.build import GRAPH, LAYOUT, NARROWING
from mplay.planner.choice import Choice
from mplay.planner.trace import MOST, Did, Trace, trace_document, trace_lines
from tests.unit.planner.books import Book, planned

GOLDEN = Path(__file__).with_name("trace.txt").read_text("utf-8")


def traced() -> Trace:
    book = Book()
    block = book.block(
        "web",
        book.step("conf"),
        book.step("reload", on_change=["conf"], needs=["conf"]),
        hosts="web",
        serial=(1, 2),
        enter=[book.step("out", delegate_to="{{ lb }}")],
        tags=("t",),
    )
    trace = Trace()
    planned(
        book.playbook(book.step("a", hosts="d1", tags=("slow",)), block),
        limit=["w1", "w2", "d1"],
        choice=Choice(tags=("t",), assume_done=("a",)),
        delegate=lambda _step, _host: "l1",
        watch=trace,
    )
    return trace


def test_every_transform_is_told_in_order() -> None:
    names = [did.name for did in traced().done]
    assert names == [t.__name__.rstrip("_") for t in (*LAYOUT, *NARROWING, *GRAPH)]


def test_the_trace_is_what_became_of_steps_and_tasks() -> None:
    assert "\n".join(trace_lines(traced().done)) + "\n" == GOLDEN


def test_much_of_one_transform_is_cut_for_people_and_whole_for_programs() -> None:
    did = Did(name="tasks", purpose="Make tasks.", lines=tuple(map(str, range(MOST + 2))))
    lines = list(trace_lines([did]))
    assert lines[0] == " 1 tasks: Make tasks."
    assert len(lines) == MOST + 2
    assert lines[-1] == "     … 2 more"
    (document,) = trace_document([did])
    assert len(document["changes"]) == MOST + 2
