"""Records folded into what they say about a run, one at a time; `model.state` is the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from mplay.model.attempt import SETTLED, Aborted, Attempt, TaskState
from mplay.model.events import (
    Abort,
    Answered,
    Armed,
    Claimed,
    Debt,
    Disarmed,
    Event,
    HostLost,
    HostSeen,
    Intent,
    Loop,
    Note,
    Order,
    OutcomeSeen,
    Override,
    PhaseBegan,
    Pivot,
    Released,
    Reverted,
    RunBegin,
    RunEnd,
    Skipped,
    Taken,
    Undoing,
    Undone,
    Wait,
)
from mplay.model.record import Record
from mplay.model.task import Phase, RunStatus, TaskKey, TaskStatus

_UNDONE_STATUS = {
    "conflict": TaskStatus.CONFLICT,
    "failed": TaskStatus.FAILED,
    "irreversible": TaskStatus.CHANGED,
}

_CUT_SHORT = {RunStatus.INTERRUPTED, RunStatus.ROLLBACK_INCOMPLETE}


def status_after(event: Event) -> tuple[str, TaskStatus] | None:
    """The task that an event is about and its status from now on; None where it changes none.

    An OUTCOME of an undo looks like any other: the caller knows whether one is under way.
    """
    match event:
        case Skipped():
            return event.task, TaskStatus.SKIPPED
        case Wait():
            return event.task, TaskStatus.WAITING
        case Answered():
            return event.task, TaskStatus.PENDING
        case Intent() if event.kind == "apply":
            return event.task, TaskStatus.RUNNING
        case OutcomeSeen():
            return event.task, TaskStatus(event.status)
        case Undone():
            return event.task, _UNDONE_STATUS.get(event.result, TaskStatus.UNDONE)
        case Reverted():
            return event.task, TaskStatus.REVERTED
    return None


class Fold:
    """The growing state of a run. `feed` it every record in order."""

    def __init__(self) -> None:
        self.begin: RunBegin | None = None
        self.status = RunStatus.RUNNING
        self.phase = Phase.GATES
        self.run = self.begun = self.ended = self.why = self.head = ""
        self.seq = 0
        self.exit: int | None = None
        self.owner: dict[str, Any] = {}
        self.tasks: dict[TaskKey, TaskState] = {}
        self.batches: dict[str, dict[int, tuple[str, ...]]] = {}
        self.tokens: dict[str, tuple[str, ...]] = {}
        self.hosts_seen: dict[str, HostSeen] = {}
        self.lost: dict[str, str] = {}
        self.claimed: dict[str, None] = {}
        self.numbers: dict[str, int] = {}
        self.debts: list[Debt] = []
        self.aborts: list[Aborted] = []
        self.closed_seq = 0
        self.pivots: dict[str, Pivot] = {}
        self.armed: dict[tuple[str, str], Armed] = {}
        self.taken: list[Taken] = []
        self.notes: list[Note] = []
        self.overrides: list[Override] = []

    def feed(self, record: Record) -> None:
        """Take in the next record; what a newer version wrote is passed over."""
        self.run, self.seq, self.head = record.run, record.seq, record.hash
        handler = _HANDLERS.get(type(record.event))
        if handler:
            handler(self, record, record.event)

    def on_begin(self, record: Record, event: RunBegin) -> None:
        """The run has begun."""
        self.begin, self.begun, self.owner = event, record.at, dict(event.owner)

    def on_taken(self, _: Record, event: Taken) -> None:
        """Another process has taken the run up."""
        self.taken.append(event)
        self.owner = dict(event.owner)
        self.status, self.ended, self.exit, self.why = RunStatus.RUNNING, "", None, ""

    def on_phase(self, record: Record, event: PhaseBegan) -> None:
        """A phase has begun; with the steps the run goes forward, so that no abort is open."""
        self.phase = Phase(event.phase)
        if self.phase is Phase.STEPS:
            self._close_aborts(record.seq)

    def on_end(self, record: Record, event: RunEnd) -> None:
        """The run has ended for now, and so have its aborts, unless their undo was cut short."""
        self.status, self.exit, self.why = RunStatus(event.status), event.exit, event.why
        self.ended = record.at
        if self.status not in _CUT_SHORT:
            self._close_aborts(record.seq)

    def _close_aborts(self, seq: int) -> None:
        """The undo of all aborts has ended: what they covered counts as not begun."""
        undone = [a for a in self.aborts if a.seq > self.closed_seq]
        self.closed_seq = seq
        for key, task in self.tasks.items():
            standing = any(a.standing for a in task.attempts)
            if not standing and any(a.covers(key) for a in undone):
                self.tasks[key] = replace(task, void=True)

    def on_claimed(self, _: Record, event: Claimed) -> None:
        """Hosts are this run's."""
        self.claimed |= dict.fromkeys(event.hosts)

    def on_released(self, _: Record, event: Released) -> None:
        """A host is not this run's any more."""
        self.claimed.pop(event.host, None)

    def on_host(self, _: Record, event: HostSeen) -> None:
        """A host answered, or is about to be asked: which machine it is stays known."""
        known_as = self.hosts_seen.get(event.host)
        if known_as and not event.machine_id:
            event = replace(event, machine_id=known_as.machine_id, boot=known_as.boot)
        self.hosts_seen[event.host] = event
        self.lost.pop(event.host, None)
        known = self.tokens.get(event.host, ())
        if event.token:
            rest = tuple(t for t in known if t != event.token)
            self.tokens[event.host] = (event.token, *rest)

    def on_lost(self, _: Record, event: HostLost) -> None:
        """A host gives no answer."""
        self.lost[event.host] = event.why

    def on_order(self, _: Record, event: Order) -> None:
        """A batch has begun; the same batch again, after a resume, keeps its place."""
        self.batches.setdefault(event.block, {})[event.batch] = tuple(event.hosts)

    def on_loop(self, record: Record, event: Loop) -> None:
        """The items of a loop are known."""
        task = self._renewed(record, event.task)
        self.tasks[task.key] = replace(task, items=tuple(event.items))

    def on_skipped(self, record: Record, event: Skipped) -> None:
        """A task was decided against."""
        task = self._renewed(record, event.task)
        self.tasks[task.key] = replace(task, skipped=event.why, status=TaskStatus.SKIPPED)
        self._reacted(task.key)

    def on_wait(self, record: Record, event: Wait) -> None:
        """A person is asked."""
        task = self._renewed(record, event.task)
        self.tasks[task.key] = replace(task, wait=event, answer=None, status=TaskStatus.WAITING)

    def on_answered(self, record: Record, event: Answered) -> None:
        """A person has answered; the outcome follows."""
        task = self._task(record, event.task)
        waited = task.status is TaskStatus.WAITING
        status = TaskStatus.PENDING if waited else task.status
        self.tasks[task.key] = replace(task, answer=event, wait=None, status=status)

    def on_intent(self, record: Record, event: Intent) -> None:
        """A change is about to be sent."""
        self._numbered(event.host, event.number)
        if event.kind != "apply":
            task = self._task(record, event.task)
            self._change_attempt(
                task, event.attempt, lambda a: replace(a, undo_intents=(*a.undo_intents, event))
            )
            return
        task = self._renewed(record, event.task)
        attempt = Attempt(seq=record.seq, at=record.at, intent=event)
        self.tasks[task.key] = replace(
            task, attempts=(*task.attempts, attempt), outcome=None, status=TaskStatus.RUNNING
        )

    def on_outcome(self, record: Record, event: OutcomeSeen) -> None:
        """The outcome of an attempt, of its undo, or of a task that needed no change."""
        task = self._task(record, event.task)
        attempt = next((a for a in task.attempts if a.intent.attempt == event.attempt), None)
        if attempt and attempt.undoing:
            self._change_attempt(task, event.attempt, lambda a: replace(a, undo_outcome=event))
            return
        task = self._renewed(record, event.task)
        status = TaskStatus(event.status)
        self.tasks[task.key] = replace(task, outcome=event, skipped=None, status=status)
        if attempt:
            task = self.tasks[task.key]
            self._change_attempt(task, event.attempt, lambda a: replace(a, outcome=event))
        if status.satisfies:
            self._reacted(task.key)

    def on_pivot(self, _: Record, event: Pivot) -> None:
        """A step without a way back is about to run."""
        self.pivots[event.task] = event

    def on_debt(self, _: Record, event: Debt) -> None:
        """A reaction is owed."""
        if event not in self.debts:
            self.debts.append(event)

    def on_abort(self, record: Record, event: Abort) -> None:
        """From here only backwards."""
        self.aborts.append(Aborted(seq=record.seq, event=event))

    def on_undoing(self, record: Record, event: Undoing) -> None:
        """An undo is about to be sent; of what is settled already it opens nothing again."""
        self._numbered(event.host, event.number)
        task = self._task(record, event.task)

        def begun(attempt: Attempt) -> Attempt:
            attempt = replace(attempt, tries=event.tries, undo_number=event.number)
            return replace(attempt, undo_outcome=None, undone=None) if attempt.standing else attempt

        self._change_attempt(task, event.attempt, begun)

    def on_undone(self, record: Record, event: Undone) -> None:
        """The compensation record of an attempt."""
        task = self._task(record, event.task)
        status = _UNDONE_STATUS.get(event.result, TaskStatus.UNDONE)
        self.tasks[task.key] = task = replace(task, undone=event, status=status)
        self._change_attempt(task, event.attempt, lambda a: replace(a, undone=event))
        task = self.tasks[task.key]
        void = event.result in SETTLED and not any(a.standing for a in task.attempts)
        self.tasks[task.key] = replace(task, void=void)

    def on_armed(self, _: Record, event: Armed) -> None:
        """A dead man's switch is armed."""
        self.armed[event.task, event.host] = event

    def on_disarmed(self, _: Record, event: Disarmed) -> None:
        """A dead man's switch is disarmed."""
        self.armed.pop((event.task, event.host), None)

    def on_reverted(self, record: Record, event: Reverted) -> None:
        """A dead man's switch has restored the host."""
        self.armed.pop((event.task, event.host), None)
        task = replace(self._task(record, event.task), status=TaskStatus.REVERTED)
        self.tasks[task.key] = task
        if task.attempt:
            number = task.attempt.intent.attempt
            self._change_attempt(task, number, lambda a: replace(a, reverted=True))

    def on_note(self, _: Record, event: Note) -> None:
        """Words for people."""
        self.notes.append(event)

    def on_override(self, _: Record, event: Override) -> None:
        """A gate was opened on purpose."""
        self.overrides.append(event)

    def _task(self, record: Record, text: str) -> TaskState:
        key = TaskKey.parse(text)
        task = self.tasks.get(key) or TaskState(key=key, first=record.seq)
        task = replace(task, seq=record.seq)
        self.tasks[key] = task
        return task

    def _renewed(self, record: Record, text: str) -> TaskState:
        """The task; what was decided before it was undone is forgotten."""
        task = self._task(record, text)
        if task.void:
            task = replace(
                task, void=False, outcome=None, skipped=None, items=None, undone=None, answer=None
            )
        return task

    def _change_attempt(
        self, task: TaskState, number: int, change: Callable[[Attempt], Attempt]
    ) -> None:
        attempts = tuple(change(a) if a.intent.attempt == number else a for a in task.attempts)
        self.tasks[task.key] = replace(task, attempts=attempts)

    def _numbered(self, host: str, number: int) -> None:
        self.numbers[host] = max(self.numbers.get(host, 0), number)

    def _reacted(self, key: TaskKey) -> None:
        """A reaction has happened: what was owed to it so far is paid."""
        self.debts = [d for d in self.debts if not _is_reaction(d, key)]


def _is_reaction(debt: Debt, key: TaskKey) -> bool:
    """Whether `key` is what a debt waits for, which names it as a task or as a step."""
    if "@" in debt.reaction:
        return TaskKey.parse(debt.reaction).whole == key.whole
    return debt.reaction == key.path and TaskKey.parse(debt.task).subject == key.subject


_Handler: TypeAlias = Callable[[Fold, Record, Any], None]
_HANDLERS: dict[type[Event], _Handler] = {
    RunBegin: Fold.on_begin,
    Taken: Fold.on_taken,
    PhaseBegan: Fold.on_phase,
    RunEnd: Fold.on_end,
    Claimed: Fold.on_claimed,
    Released: Fold.on_released,
    HostSeen: Fold.on_host,
    HostLost: Fold.on_lost,
    Order: Fold.on_order,
    Loop: Fold.on_loop,
    Skipped: Fold.on_skipped,
    Wait: Fold.on_wait,
    Answered: Fold.on_answered,
    Intent: Fold.on_intent,
    OutcomeSeen: Fold.on_outcome,
    Pivot: Fold.on_pivot,
    Debt: Fold.on_debt,
    Abort: Fold.on_abort,
    Undoing: Fold.on_undoing,
    Undone: Fold.on_undone,
    Armed: Fold.on_armed,
    Disarmed: Fold.on_disarmed,
    Reverted: Fold.on_reverted,
    Note: Fold.on_note,
    Override: Fold.on_override,
}
