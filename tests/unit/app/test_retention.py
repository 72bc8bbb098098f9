"""Restore points go with their retention, and never while somebody may still need them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from mplay.app.retention import expired
from mplay.model.events import HostSeen, RunEnd
from tests.unit.journal.make import RUN, HeldClock, begin, open_journal

DAY = 86400.0
SEEN = HostSeen(host="web1", machine_id="m", boot="b", token="t", state="greeted")


def test_only_ended_runs_past_their_retention_are_named_with_their_hosts(tmp_path: Path) -> None:
    clock = HeldClock()
    with open_journal(tmp_path, clock=clock) as journal:
        journal.begin(RUN, begin())
        journal.append(RUN, SEEN)
        clock.moment += timedelta(days=30)
        assert expired(journal, 14 * DAY, clock) == {}
        journal.append(RUN, RunEnd(status="succeeded", exit=0))
        assert expired(journal, 14 * DAY, clock) == {}
        clock.moment += timedelta(days=15)
        assert expired(journal, 14 * DAY, clock) == {RUN: frozenset({"web1"})}


def test_a_run_that_still_owns_a_host_keeps_its_restore_points(tmp_path: Path) -> None:
    clock = HeldClock()
    with open_journal(tmp_path, clock=clock) as journal:
        journal.begin(RUN, begin())
        journal.claim(RUN, ["web1"])
        journal.append(RUN, SEEN)
        journal.append(RUN, RunEnd(status="halted", exit=4))
        clock.moment += timedelta(days=15)
        assert expired(journal, 14 * DAY, clock) == {}
