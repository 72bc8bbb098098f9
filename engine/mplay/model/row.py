"""A task as people see it: one row for a step on a host, from the journal or from a dry-run."""

from __future__ import annotations

from dataclasses import dataclass

from mplay.model.change import Diff
from mplay.model.task import TaskKey, TaskStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """One row; `items` and `uses` are nested rows of a loop and of what ran more than once.

    `runs_on` is the delegate's name or ''. `way_back` is a sentence of a dry-run: ``yes 4 KiB on
    /var (9 GiB free)``, ``nothing to undo``, ``irreversible``. `why` explains a status: the failed
    expectation, what blocks it, why nobody can tell. `output`: last lines of a failure.
    """

    key: TaskKey
    status: TaskStatus
    summary: str = ""
    seconds: float = 0.0
    why: str = ""
    runs_on: str = ""
    way_back: str = ""
    output: str = ""
    verified: bool = True
    diff: tuple[Diff, ...] = ()
    items: tuple[TaskRow, ...] = ()
    uses: tuple[TaskRow, ...] = ()
