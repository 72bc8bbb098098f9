"""The controller dies at a record of a run that fails: whatever comes next ends well."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mplay.model.record import Record
from tests.faults.ground import Killed
from tests.journeys.local.stage import Stage, Told
from tests.journeys.local.test_brackets import out, pool

ALONE = pool()
TOGETHER = pool().replace("    serial: 1\n", "    serial: 3\n    max_failed: 1\n")
"""All hosts in one batch; the one that fails leaves the run, and the others go on."""


def dies_at(number: int) -> Callable[[Record], None]:
    seen = 0

    def at(record: Record) -> None:
        nonlocal seen
        seen += 1
        if seen >= number:
            raise Killed

    return at


def fails_and_dies(stage: Stage, text: str, policy: str, number: int) -> None:
    """Apply; `work` fails on w2, and the process dies at a record after that."""
    stage.breaks("work@w2")
    with pytest.raises(Killed):
        stage.apply(text, on_failure=policy, at=dies_at(number))
    stage.mends("work@w2")


def to_the_end(stage: Stage) -> Told:
    """Resume until nothing more is to be done: a rollback that was cut off ends first."""
    for _ in range(3):
        told = stage.resume()
        if told.ending.exit != 4:
            return told
    return told


def net(stage: Stage, step: str, host: str) -> int:
    story = stage.story_of(host)
    return story.count(f"+{step}") - story.count(f"-{step}")


def is_done_once(stage: Stage) -> bool:
    hosts = ("w1", "w2", "w3")
    files = [(stage.files / host).exists() for host in hosts]
    works = [net(stage, step, host) for step in ("work", "last") for host in hosts]
    return out(stage) == [] and all(files) and works == [1] * 6


def is_as_before(stage: Stage) -> bool:
    hosts = ("w1", "w2", "w3")
    files = [(stage.files / host).exists() for host in hosts]
    works = [net(stage, step, host) for step in ("work", "last") for host in hosts]
    return out(stage) == [] and not any(files) and all(n <= 0 for n in works)


@pytest.mark.parametrize(
    ("text", "number"),
    [*((ALONE, n) for n in range(34, 48, 3)), *((TOGETHER, n) for n in range(31, 50, 3))],
)
def test_a_death_while_a_host_is_taken_back_is_ended_by_resume(
    stage: Stage, text: str, number: int
) -> None:
    fails_and_dies(stage, text, "rollback-host", number)
    assert to_the_end(stage).said == ("succeeded", 0)
    assert is_done_once(stage), stage.story()
    assert stage.claims() == {}


@pytest.mark.parametrize("number", range(35, 56, 4))
@pytest.mark.parametrize("ends", ["resume", "rollback"])
def test_a_death_while_all_is_taken_back_is_ended_by_either(
    stage: Stage, number: int, ends: str
) -> None:
    fails_and_dies(stage, ALONE, "rollback", number)
    if ends == "resume" and number < 36:
        assert stage.resume().said == ("succeeded", 0)
        assert is_done_once(stage), stage.story()
        return
    told = stage.rollback() if ends == "rollback" else stage.resume()
    assert told.said == ("rolled-back", 3 if ends == "resume" else 0)
    assert is_as_before(stage), stage.story()
    assert stage.claims() == {}
