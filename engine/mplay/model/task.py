"""The identity of a task, and the words for how tasks and runs stand.

A task is ``PATH@SUBJECT[#ITEM][~N]`` (design section 7): PATH is ids from the root
(``web/upgrade``), SUBJECT the host it is about, ITEM the journalled index of a loop, N the use,
from 2, of what may run more than once. The key is chosen by the controller before anything is
sent, and is the same in journal, host log and lock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

_KEY = re.compile(r"(?P<path>[^@#~]+)@(?P<subject>[^@#~]+)(#(?P<item>\d+))?(~(?P<use>\d+))?\Z")


@dataclass(frozen=True, slots=True, order=True)
class TaskKey:
    """One step for one host; `item` is None outside a loop, `use` counts from 1."""

    path: str
    subject: str
    item: int | None = None
    use: int = 1

    def __str__(self) -> str:
        item = "" if self.item is None else f"#{self.item}"
        use = "" if self.use == 1 else f"~{self.use}"
        return f"{self.path}@{self.subject}{item}{use}"

    @classmethod
    def parse(cls, text: str) -> TaskKey:
        """Read ``PATH@SUBJECT[#ITEM][~N]``; ValueError when it is not of that form."""
        found = _KEY.match(text)
        if not found:
            raise ValueError(f"not a task key: {text!r}")
        item, use = found["item"], found["use"]
        return cls(
            found["path"],
            found["subject"],
            None if item is None else int(item),
            1 if use is None else int(use),
        )

    @property
    def whole(self) -> TaskKey:
        """The same step and host without item and use: the row that a report shows."""
        return TaskKey(self.path, self.subject)

    def again(self, use: int) -> TaskKey:
        """The same task, used for the `use`-th time."""
        return replace(self, use=use)


class TaskStatus(StrEnum):
    """How a task stands; the last three rows are said by a dry-run only."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    OK = "ok"
    CHANGED = "changed"
    FAILED = "failed"
    SKIPPED = "skipped"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"
    UNDONE = "undone"
    REVERTED = "reverted"
    CONFLICT = "conflict"
    WARNING = "warning"
    UNKNOWN = "unknown"
    WOULD_CHANGE = "would-change"

    @property
    def satisfies(self) -> bool:
        """Whether a need on this task is met."""
        return self in _SATISFIES

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the task by itself."""
        return self not in {TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.WAITING}


_SATISFIES = frozenset(
    {
        TaskStatus.OK,
        TaskStatus.CHANGED,
        TaskStatus.SKIPPED,
        TaskStatus.WARNING,
        TaskStatus.UNKNOWN,
        TaskStatus.WOULD_CHANGE,
    }
)


class RunStatus(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    WAITING = "waiting"
    BLIND = "blind"
    HALTED = "halted"
    INTERRUPTED = "interrupted"
    SUCCEEDED = "succeeded"
    INCOMPLETE = "incomplete"
    ROLLED_BACK = "rolled-back"
    ROLLBACK_INCOMPLETE = "rollback-incomplete"
    REFUSED = "refused"
    ABANDONED = "abandoned"


class Phase(StrEnum):
    """Where in its life a run is."""

    GATES = "gates"
    STEPS = "steps"
    VALIDATE = "validate"
    OBSERVE = "observe"
    CLOSED = "closed"


class Outcome(StrEnum):
    """The class of an outcome: what the host says became of one attempt.

    DONE comes only from the host's own commit record with rc 0 and facts as expected.
    """

    NEVER = "NEVER"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    TIMEOUT = "TIMEOUT"
    DIED = "DIED"
    ORPHAN = "ORPHAN"
    REBOOTED = "REBOOTED"
    REVERTED = "REVERTED"


class OnFailure(StrEnum):
    """What a failed task leads to (design section 4, *Failure*)."""

    ROLLBACK_HOST = "rollback-host"
    ROLLBACK = "rollback"
    HALT = "halt"
    CONTINUE = "continue"
