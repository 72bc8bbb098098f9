"""A host that another run holds: the refusal comes soon, whatever the clock of the machine says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mplay.channel.protocol import Channel
from mplay.model.clock import SystemClock
from mplay.model.errors import HostLocked
from mplay.model.events import Intent
from mplay.model.host import Host
from mplay.model.record import Record
from tests.faults.ground import DyingProject
from tests.journeys.local.stage import Hosts, Stage

BOOK = "name: T\nhosts: all\nsteps:\n  - {id: a, DO(a)}\n"


class CountedClock(SystemClock):
    """Does not wait; it remembers for how long it should have."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class CountedHosts(Hosts):
    """Counts how often each host is opened."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.opened: Counter[str] = Counter()

    def open(self, host: Host) -> Channel:
        self.opened[host.name] += 1
        return super().open(host)


def test_a_locked_host_is_asked_three_times_within_a_second_of_waiting(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Stage(tmp_path_factory.mktemp("other"))
    other.hosts = CountedHosts(stage.folder / "hosts")
    clock = CountedClock()
    known = other.project
    other.project = DyingProject(
        config=known.config,
        inventory=known.inventory,
        journal_url=known.journal_url,
        clock=clock,
    )
    refused: list[str] = []

    def at(record: Record) -> None:
        if isinstance(record.event, Intent) and record.event.task == "a@w1":
            with pytest.raises(HostLocked) as caught:
                other.apply(BOOK)
            refused.append(str(caught.value))

    assert stage.apply(BOOK, at=at).said == ("succeeded", 0)
    assert "mplay unlock" in refused[0]
    assert sum(clock.slept) < 1
    assert max(other.hosts.opened.values()) <= 3
    assert other.story() == []
