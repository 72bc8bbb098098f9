"""What the journal tells of one task: its attempts, how each ended, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mplay.model.events import Abort, Answered, Intent, OutcomeSeen, Undone, Wait
from mplay.model.task import TaskKey, TaskStatus

SETTLED = frozenset({"undone", "already", "never", "harmless", "accepted"})
"""Results of UNDONE after which nothing of the attempt is left to undo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One INTENT to change something, and what followed.

    `seq` is the INTENT's: the order of happening. `outcome` is the last one that came before its
    undo; None while nobody knows. `tries` counts UNDOINGs; `undo_number` is what the last of them
    is called on the host. `undone` is the last compensation record. `undo_intents` are the changes
    of a step's own ``rollback:``. `reverted`: a dead man's switch has restored the host.
    """

    seq: int
    at: str
    intent: Intent
    outcome: OutcomeSeen | None = None
    tries: int = 0
    undo_number: int = 0
    undo_outcome: OutcomeSeen | None = None
    undo_intents: tuple[Intent, ...] = ()
    undone: Undone | None = None
    reverted: bool = False

    @property
    def key(self) -> TaskKey:
        """The task that this is an attempt of."""
        return TaskKey.parse(self.intent.task)

    @property
    def standing(self) -> bool:
        """Whether an undo still has to deal with it."""
        return self.undone is None or self.undone.result not in SETTLED

    @property
    def undoing(self) -> bool:
        """Whether an undo was sent whose result is not known."""
        return self.tries > 0 and self.undone is None

    @property
    def known(self) -> bool:
        """Whether the journal knows what became of it."""
        return self.outcome is not None and self.outcome.outcome not in {"RUNNING", "ORPHAN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """One task, of one item and one use. `seq` is its last event's, `first` its first event's.

    `items` is None where no LOOP was journalled. `void`: it was undone, or belongs to what was
    undone, and counts as not begun: `outcome`, `skipped` and `items` decide nothing any more.
    """

    key: TaskKey
    status: TaskStatus = TaskStatus.PENDING
    first: int = 0
    seq: int = 0
    attempts: tuple[Attempt, ...] = ()
    outcome: OutcomeSeen | None = None
    skipped: str | None = None
    items: tuple[Any, ...] | None = None
    wait: Wait | None = None
    answer: Answered | None = None
    undone: Undone | None = None
    void: bool = False

    @property
    def attempt(self) -> Attempt | None:
        """The last attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def next_attempt(self) -> int:
        """The number that a further attempt gets."""
        return 1 + max((a.intent.attempt for a in self.attempts), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aborted:
    """An ABORT, with its place in the run."""

    seq: int
    event: Abort

    def covers(self, key: TaskKey) -> bool:
        """Whether a task belongs to what this abort undoes."""
        abort = self.event
        if abort.scope == "run":
            return True
        if abort.scope == "host":
            inside = not abort.block or key.path.startswith(f"{abort.block}/")
            return key.subject == abort.host and inside
        if abort.tasks:
            return str(key.whole) in abort.tasks
        return key.path == abort.step and (not abort.hosts or key.subject in abort.hosts)
