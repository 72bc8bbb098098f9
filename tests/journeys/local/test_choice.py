"""Runs of some of the steps: what is left out, what is refused, what resume makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mplay.app.apply import apply, check_digest, new_run
from mplay.app.prepare import Request, prepare
from mplay.model.errors import GateClosed, InvalidInput
from mplay.model.events import Note, RunBegin
from mplay.model.state import RunState
from mplay.planner.choice import Choice
from tests.journeys.local.stage import Stage, Told, Watcher

BOOK = """
name: T
hosts: w1
steps:
  - {id: a, tags: [x], DO(a)}
  - {id: b, tags: [y], DO(b)}
  - {id: c, needs: [a], tags: [x, y], DO(c)}
  - {id: debug, tags: [never, dbg], DO(debug)}
"""


def request(path: Path, reason: str, choice: dict[str, Any]) -> Request:
    return Request(playbook=path, reason=reason, choice=Choice(**choice))


def chosen(stage: Stage, text: str = BOOK, *, reason: str = "", **choice: Any) -> Told:
    watcher = Watcher()
    wanted = request(stage.write(text), reason, choice)
    run, ending = apply(stage.project, wanted, stage.hosts, [watcher])
    with stage.project.journal() as journal:
        return Told(ending, watcher, journal.state(run))


@pytest.mark.parametrize(
    ("choice", "done"),
    [
        ({}, ["a", "b", "c"]),
        ({"tags": ("x",)}, ["a", "c"]),
        ({"tags": ("all", "dbg")}, ["a", "b", "c", "debug"]),
        ({"tags": ("tagged",)}, ["a", "b", "c"]),
        ({"skip_tags": ("y",)}, ["a"]),
        ({"only": ("c",), "with_needs": True}, ["a", "c"]),
        ({"start": "b", "assume_done": ("a",)}, ["b", "c"]),
        ({"tags": ("y",), "assume_done": ("a",)}, ["b", "c"]),
    ],
)
def test_the_steps_that_were_asked_for_are_done(
    stage: Stage, choice: dict[str, Any], done: list[str]
) -> None:
    told = chosen(stage, reason="done by hand" if "assume_done" in choice else "", **choice)
    assert told.said == ("succeeded", 0)
    assert stage.story() == [f"+{name}@w1" for name in done]


def test_a_need_that_is_left_out_refuses_the_run_before_anything_happens(stage: Stage) -> None:
    with pytest.raises(InvalidInput, match="c needs a, which is left out"):
        chosen(stage, only=("c",))
    assert stage.story() == []
    assert not (stage.folder / "state").exists()


def test_who_vouches_says_why_and_both_are_in_the_journal(stage: Stage) -> None:
    told = chosen(stage, only=("c",), assume_done=("a",), reason="ticket 17")
    (note,) = told.events(Note)
    assert note.text == "--assume-done a: ticket 17"
    (begin,) = told.events(RunBegin)
    assert begin.options["choice"]["assume_done"] == ("a",)
    with stage.project.journal() as journal:
        kept = journal.records(told.state.run)
    assert RunState.of(kept).notes[0].text == "--assume-done a: ticket 17"


def test_a_resume_knows_the_choice_from_the_journal(stage: Stage) -> None:
    stage.breaks("c@w1")
    assert chosen(stage, tags=("x",)).said == ("halted", 4)
    stage.mends("c@w1")
    assert stage.resume().said == ("succeeded", 0)
    assert not [line for line in stage.story() if "b@" in line]


def test_another_choice_is_another_plan(stage: Stage) -> None:
    path = stage.write(BOOK)
    project = stage.project
    plans = [
        prepare(project, request(path, "", choice), new_run(project))
        for choice in ({}, {"tags": ("all",)}, {"tags": ("x",)})
    ]
    assert len({plan.digests["plan"] for plan in plans}) == 3
    assert len({plan.digests["procedure"] for plan in plans}) == 1
    with pytest.raises(GateClosed):
        check_digest(plans[2], plans[0].digests["plan"])
