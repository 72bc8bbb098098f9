"""How a run stands, from its records alone: what resume, rollback, report and `show` read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mplay.model.attempt import Aborted, Attempt, TaskState
from mplay.model.events import (
    Answered,
    Armed,
    Debt,
    HostSeen,
    Note,
    Override,
    Pivot,
    RunBegin,
    Taken,
    Wait,
)
from mplay.model.fold import Fold
from mplay.model.record import Record
from mplay.model.row import TaskRow
from mplay.model.rows import rows_of
from mplay.model.task import Phase, RunStatus, TaskKey


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """A run as its journal tells it; nothing here was asked of a host.

    `status` is ``running`` until a RUN_END, also when nobody runs it any more: whether a process
    lives, the records cannot say. `tasks` are in the order of their first event. `tokens` are this
    run's on each host, the last one first. `numbers` are the highest that were used on each host.
    `debts` are reactions still owed. `aborts` are all; see `open_aborts`. `seq` and `head` are the
    last record's.
    """

    run: str
    begin: RunBegin | None
    status: RunStatus
    phase: Phase
    begun: str
    ended: str
    exit: int | None
    why: str
    owner: Mapping[str, Any]
    tasks: Mapping[TaskKey, TaskState]
    batches: Mapping[str, Mapping[int, tuple[str, ...]]]
    tokens: Mapping[str, tuple[str, ...]]
    hosts_seen: Mapping[str, HostSeen]
    lost: Mapping[str, str]
    claimed: tuple[str, ...]
    numbers: Mapping[str, int]
    debts: tuple[Debt, ...]
    aborts: tuple[Aborted, ...]
    closed_seq: int
    pivots: Mapping[str, Pivot]
    armed: tuple[Armed, ...]
    taken: tuple[Taken, ...]
    notes: tuple[Note, ...]
    overrides: tuple[Override, ...]
    seq: int
    head: str

    @staticmethod
    def of(records: Iterable[Record]) -> RunState:
        """The state after these records of one run, given in order."""
        fold = Fold()
        for record in records:
            fold.feed(record)
        return RunState.after(fold)

    @staticmethod
    def after(fold: Fold) -> RunState:
        """The state that a growing fold has reached."""
        return RunState(
            run=fold.run,
            begin=fold.begin,
            status=fold.status,
            phase=fold.phase,
            begun=fold.begun,
            ended=fold.ended,
            exit=fold.exit,
            why=fold.why,
            owner=dict(fold.owner),
            tasks=dict(fold.tasks),
            batches={name: dict(sorted(known.items())) for name, known in fold.batches.items()},
            tokens=dict(fold.tokens),
            hosts_seen=dict(fold.hosts_seen),
            lost=dict(fold.lost),
            claimed=tuple(fold.claimed),
            numbers=dict(fold.numbers),
            debts=tuple(fold.debts),
            aborts=tuple(fold.aborts),
            closed_seq=fold.closed_seq,
            pivots=dict(fold.pivots),
            armed=tuple(fold.armed.values()),
            taken=tuple(fold.taken),
            notes=tuple(fold.notes),
            overrides=tuple(fold.overrides),
            seq=fold.seq,
            head=fold.head,
        )

    @property
    def hosts(self) -> tuple[str, ...]:
        """The run's hosts, in its order."""
        return tuple(self.begin.hosts) if self.begin else ()

    @property
    def environment(self) -> str:
        """The run's environment; '' where there are none."""
        return self.begin.environment if self.begin else ""

    @property
    def name(self) -> str:
        """The playbook's name."""
        return self.begin.name if self.begin else ""

    @property
    def rows(self) -> tuple[TaskRow, ...]:
        """One row per (step, host) in the plan's order, items and uses nested in it."""
        return rows_of(self.begin.plan if self.begin else {}, self.tasks)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every attempt, in the order of happening."""
        every = (a for task in self.tasks.values() for a in task.attempts)
        return tuple(sorted(every, key=lambda a: a.seq))

    @property
    def standing(self) -> tuple[Attempt, ...]:
        """Attempts that an undo would have to deal with, in the order of happening."""
        return tuple(a for a in self.attempts if a.standing)

    @property
    def began(self) -> Mapping[str, tuple[Attempt, ...]]:
        """For each host that ran something: its attempts, in the order in which it began them."""
        found: dict[str, list[Attempt]] = {}
        for attempt in self.attempts:
            found.setdefault(attempt.intent.host, []).append(attempt)
        return {host: tuple(attempts) for host, attempts in found.items()}

    @property
    def open_aborts(self) -> tuple[Aborted, ...]:
        """Aborts whose undo has not ended, as far as the journal has been told."""
        return tuple(a for a in self.aborts if a.seq > self.closed_seq)

    @property
    def waits(self) -> tuple[Wait, ...]:
        """Questions that nobody has answered."""
        return tuple(task.wait for task in self.tasks.values() if task.wait)

    @property
    def answers(self) -> Mapping[TaskKey, Answered]:
        """Answers of people."""
        return {key: task.answer for key, task in self.tasks.items() if task.answer}

    @property
    def loops(self) -> Mapping[TaskKey, tuple[Any, ...]]:
        """Items of loops that still count."""
        return {
            key: task.items
            for key, task in self.tasks.items()
            if task.items is not None and not task.void
        }

    @property
    def skipped(self) -> Mapping[TaskKey, str]:
        """Tasks that were decided against, and why, as far as that still counts."""
        return {
            key: task.skipped
            for key, task in self.tasks.items()
            if task.skipped is not None and not task.void
        }

    def task(self, key: TaskKey) -> TaskState:
        """The task as it stands; *pending* where no record names it."""
        return self.tasks.get(key) or TaskState(key=key)

    def next_number(self, host: str) -> int:
        """A number that names nothing on a host yet."""
        return self.numbers.get(host, 0) + 1

    def last_use(self, key: TaskKey) -> int:
        """The highest use of a step on a host that has a record; 0 before the first."""
        return max((k.use for k in self.tasks if k.whole == key.whole), default=0)
