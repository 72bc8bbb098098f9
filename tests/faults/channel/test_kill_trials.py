"""SIGKILL at random moments: of the controller, the relay, the supervisor, the task."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mplay.model.task import Outcome
from tests.faults.channel.bed import Bed, local_bed
from tests.faults.channel.lab_bed import lab_bed
from tests.faults.channel.trials import VICTIMS, trial
from tests.lab.fixtures import LabHosts

LONGEST = 0.6  # from before the frame is sent until after it has ended


def moments(seed: int, count: int) -> list[float]:
    """Spread over the life of a task, and never twice the same."""
    chance = random.Random(seed)
    return [(i + chance.random()) * LONGEST / count for i in range(count)]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bed]:
    bed = local_bed(tmp_path)
    yield bed
    bed.clear()


@pytest.mark.parametrize("victim", VICTIMS)
def test_on_this_machine_the_effect_happens_once_and_the_truth_is_told(
    here: Bed, victim: str
) -> None:
    outcomes = [trial(here, victim, moment) for moment in moments(1, 6)]
    _expect(victim, outcomes)


@pytest.mark.lab
@pytest.mark.parametrize("victim", VICTIMS)
def test_under_systemd_the_effect_happens_once_and_the_truth_is_told(
    staging: LabHosts, victim: str
) -> None:
    bed = lab_bed(staging["stg-web1"])
    _expect(victim, [trial(bed, victim, moment) for moment in moments(2, 4)])
    bed.clear()


@pytest.mark.lab
@pytest.mark.parametrize("victim", VICTIMS)
def test_without_systemd_the_effect_happens_once_and_the_truth_is_told(
    bare: Callable[[int], LabHosts], victim: str
) -> None:
    bed = lab_bed(bare(1)["bare-001"])
    _expect(victim, [trial(bed, victim, moment) for moment in moments(3, 3)])
    bed.clear()


def _expect(victim: str, outcomes: list[Outcome]) -> None:
    """A task whose supervisor lives always ends as it should."""
    if victim in {"controller", "relay"}:
        assert set(outcomes) <= {Outcome.DONE, Outcome.NEVER}
    assert set(outcomes) - {Outcome.NEVER}
