"""A rollback of a part of a run, and one that was cut off in the middle."""

from __future__ import annotations

import pytest

from mplay.model.errors import PersonNeeded
from mplay.model.events import Undoing, Undone
from mplay.model.record import Record
from tests.faults.ground import Killed
from tests.journeys.local.stage import Stage

FILES = """
name: T
hosts: all
steps:
  - {id: one, copy: {content: "new\\n", dest: "FILES/one-SELF", mode: "0644"}}
  - {id: two, copy: {content: "new\\n", dest: "FILES/two-SELF", mode: "0644"}}
"""
CHAIN = """
name: T
hosts: all
steps:
  - {id: a, DO(a)}
  - {id: b, hosts: w2, DO(b)}
  - {id: c, DO(c)}
"""


def test_a_step_is_undone_with_what_needs_it_and_what_came_later_on_its_hosts(
    stage: Stage,
) -> None:
    stage.apply(CHAIN)
    told = stage.rollback(step="b")
    assert told.said == ("halted", 0)
    assert stage.story_of("w2") == ["+a", "+b", "+c", "-c", "-b"]
    assert stage.story_of("w1") == ["+a", "+c", "-c"]
    assert stage.resume().said == ("succeeded", 0)
    assert stage.story_of("w2") == ["+a", "+b", "+c", "-c", "-b", "+b", "+c"]
    assert stage.story_of("w1") == ["+a", "+c", "-c", "+c"]


def test_a_limit_is_refused_where_changes_elsewhere_stand_on_it(stage: Stage) -> None:
    stage.apply(CHAIN)
    with pytest.raises(PersonNeeded, match=r"c@w[13], c@w[13]"):
        stage.rollback(hosts=("w2",))
    assert not [line for line in stage.story() if line.startswith("-")]
    told = stage.rollback(hosts=("w2",), keep_dependents=True)
    assert told.said == ("halted", 0)
    assert stage.story_of("w2") == ["+a", "+b", "+c", "-c", "-b", "-a"]
    assert stage.story_of("w1") == ["+a", "+c"]


@pytest.mark.parametrize("wish", [{"step": "b"}, {"hosts": ("w2",), "keep_dependents": True}])
def test_a_part_of_a_rollback_that_was_cut_off_goes_on_at_resume(
    stage: Stage, wish: dict[str, object]
) -> None:
    stage.apply(CHAIN)

    def die(record: Record) -> None:
        if isinstance(record.event, Undone) and record.event.task == "c@w2":
            raise Killed

    with pytest.raises(Killed):
        stage.rollback(at=die, **wish)  # type: ignore[arg-type]
    told = stage.resume(yes=True)
    assert told.said == ("halted", 0)
    assert stage.story_of("w2")[:5] == ["+a", "+b", "+c", "-c", "-b"]
    assert stage.resume().said == ("succeeded", 0)
    assert stage.story_of("w2")[-2:] == ["+b", "+c"]


def test_a_rollback_that_was_cut_off_in_an_undo_does_not_undo_twice(stage: Stage) -> None:
    stage.apply(CHAIN)

    def die(record: Record) -> None:
        if isinstance(record.event, Undone) and record.event.task == "b@w2":
            raise Killed

    with pytest.raises(Killed):
        stage.rollback(at=die)
    assert stage.rollback().said == ("rolled-back", 0)
    assert stage.story_of("w2") == ["+a", "+b", "+c", "-c", "-b", "-a"]


def test_a_death_before_an_undo_was_sent_leaves_its_comparison_to_do(stage: Stage) -> None:
    stage.apply(FILES, limit="w1")

    def die(record: Record) -> None:
        if isinstance(record.event, Undoing):
            raise Killed

    with pytest.raises(Killed):
        stage.rollback(at=die)
    stage.file("two-w1", "theirs\n")
    assert stage.rollback().said == ("rollback-incomplete", 7)
    assert stage.read("two-w1") == "theirs\n"
