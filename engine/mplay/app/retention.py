"""Restore points go when their run has ended and its retention has passed; never before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from mplay.journal import Journal
from mplay.model.clock import Clock
from mplay.model.task import RunStatus

_OVER = {RunStatus.SUCCEEDED, RunStatus.ROLLED_BACK, RunStatus.INCOMPLETE, RunStatus.HALTED}
_WINDOW = timedelta(days=60)
"""For so long a host that was not there is asked again to delete what has expired."""


def expired(journal: Journal, keep: float, clock: Clock) -> Mapping[str, frozenset[str]]:
    """Runs whose restore points may go, and their hosts. `keep` is in seconds.

    A run that still owns a host, or that never ended, keeps them.
    """
    newest = clock.now() - timedelta(seconds=keep)
    open_runs = set(journal.claims().values())
    found = {}
    for row in journal.runs():
        if row.status not in _OVER or not row.ended or row.run in open_runs:
            continue
        if newest - _WINDOW < datetime.fromisoformat(row.ended) < newest:
            found[row.run] = frozenset(journal.state(row.run).hosts_seen)
    return found
