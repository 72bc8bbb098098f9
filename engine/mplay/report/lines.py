"""The listener that prints a line per outcome, equal hosts as one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from mplay.model.events import (
    Abort,
    Event,
    HostLost,
    Note,
    Order,
    OutcomeSeen,
    PhaseBegan,
    Pivot,
    RunBegin,
    RunEnd,
    Skipped,
    Taken,
    Undone,
    Wait,
)
from mplay.model.fold import Fold
from mplay.model.record import Record
from mplay.model.row import TaskRow
from mplay.model.rows import planned_keys, use_row
from mplay.model.state import RunState
from mplay.model.task import TaskKey, TaskStatus
from mplay.report.detail import details
from mplay.report.ending import write_ending
from mplay.report.groups import grouped, write_group
from mplay.report.printed import Printed
from mplay.report.redact import one_line
from mplay.report.writer import Styled, Writer

HELD_SECONDS = 1.0
"""How long a line waits for the same from other hosts."""

_AT_ONCE = frozenset({TaskStatus.FAILED, TaskStatus.CONFLICT, TaskStatus.UNREACHABLE})


class Timer(Protocol):
    """Something that will happen unless it is cancelled; `threading.Timer`."""

    def start(self) -> None:
        """Begin to wait."""
        ...

    def cancel(self) -> None:
        """Let it not happen."""
        ...


def daemon_timer(seconds: float, action: Callable[[], None]) -> Timer:
    """A timer that keeps no process alive."""
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    return timer


class Lines:
    """Prints what happens in plain lines.

    The outcomes of a step are held until all its hosts (of the batch in work) have one, or for a
    second, or until one fails. `verbose` adds what `report.detail` says.
    """

    def __init__(
        self,
        writer: Writer,
        *,
        verbose: int = 0,
        diff: bool = False,
        place: Sequence[str] = (),
        timer: Callable[[float, Callable[[], None]], Timer] = daemon_timer,
    ) -> None:
        self._writer = writer
        self._verbose = verbose
        self._diff = diff
        self._place = place
        self._timer = timer
        self._waiting: Timer | None = None
        self._guard = threading.RLock()
        self._fold = Fold()
        self._planned: dict[str, set[str]] = {}
        self._width = 0
        self._held: dict[str, dict[TaskKey, TaskRow]] = {}
        self._printed = Printed()
        self._pivots: set[tuple[str, str]] = set()

    def know(self, records: Sequence[Record]) -> None:
        """Take in silently what happened before: a run that is taken up again."""
        for record in records:
            self._fold.feed(record)
            if isinstance(record.event, RunBegin):
                self._plan(record.event)

    def on_record(self, record: Record) -> None:
        """A record is durable: show what it means."""
        with self._guard:
            self._fold.feed(record)
            for parts in details(record.event, self._verbose):
                self._say(*parts)
            handler = _HANDLERS.get(type(record.event))
            if handler:
                handler(self, record.event)

    def on_output(self, task: str, host: str, text: str) -> None:
        """A task printed something: whole lines of it are shown where that is wanted."""
        if not self._verbose:
            return
        with self._guard:
            for line in self._printed.lines(task, host, text):
                self._say(Styled(f"{task} | ", "dim"), line)

    def flush(self) -> None:
        """Print what is held."""
        with self._guard:
            for path in list(self._held):
                self._release(path)

    def _say(self, *parts: str | Styled) -> None:
        self._writer.line(*parts)

    def _plan(self, event: RunBegin) -> None:
        for key in planned_keys(event.plan):
            self._planned.setdefault(key.path, set()).add(key.subject)
        self._width = min(40, max((len(path) for path in self._planned), default=0))

    def _on_begin(self, event: RunBegin) -> None:
        self._plan(event)
        where = f" on {event.environment}" if event.environment else ""
        self._say(
            Styled(f"run {self._fold.run}", "strong"),
            f"  {one_line(event.name)}{where}: {_count(len(event.hosts), 'host')}, ",
            _count(len(self._planned), "step"),
        )

    def _on_taken(self, event: Taken) -> None:
        self._say(Styled(f"run {self._fold.run}", "strong"), f"  {event.what}")

    def _on_phase(self, event: PhaseBegan) -> None:
        self.flush()
        if event.phase not in {"gates", "steps", "closed"}:
            self._say(Styled(event.phase, "strong"))

    def _on_order(self, event: Order) -> None:
        self.flush()
        batch = f"{event.block}  batch {event.batch + 1}: "
        self._say(Styled(batch, "strong"), " ".join(event.hosts))

    def _on_lost(self, event: HostLost) -> None:
        self._say(Styled(event.host, "bad"), "  no answer: ", one_line(event.why))

    def _on_wait(self, event: Wait) -> None:
        self.flush()
        self._say(Styled(event.task, "warning"), "  waits for a person: ", one_line(event.ask))

    def _on_pivot(self, event: Pivot) -> None:
        path = TaskKey.parse(event.task).path
        if (path, event.why) not in self._pivots:
            self._pivots.add((path, event.why))
            words = f"  no way back from here: {one_line(event.why)}"
            self._say(Styled(path, "warning"), words)

    def _on_abort(self, event: Abort) -> None:
        self.flush()
        part = f"step {event.step}" if event.step else " ".join(event.hosts)
        what = {"host": f"host {event.host}", "step": part}.get(event.scope, "all")
        self._say(Styled(f"undoing {what}", "warning"), "  because ", one_line(event.why))

    def _on_note(self, event: Note) -> None:
        place = " ".join(word for word in (event.host, event.task) if word)
        self._say("note: ", f"{place}: " if place else "", event.text)

    def _on_decided(self, event: Skipped | OutcomeSeen | Undone) -> None:
        key = TaskKey.parse(event.task)
        task = self._fold.tasks[key]
        if isinstance(event, OutcomeSeen) and task.attempt and task.attempt.undoing:
            return
        if key.item is not None and not self._loop_ended(key, event):
            return
        row = use_row(key, self._fold.tasks)
        held = self._held.setdefault(key.path, {})
        held[row.key] = row
        if row.status in _AT_ONCE or self._complete(key.path, held):
            self._release(key.path)
        else:
            self._wait()

    def _loop_ended(self, key: TaskKey, event: Skipped | OutcomeSeen | Undone) -> bool:
        """Whether this item was the last one, in the direction of the work, or work stops at it."""
        tasks = self._fold.tasks
        if tasks[key].status in _AT_ONCE:
            return True
        loop = tasks.get(replace(key, item=None))
        numbers = range(len(loop.items)) if loop and loop.items is not None else range(0)
        items = (tasks.get(replace(key, item=number)) for number in numbers)
        if isinstance(event, Undone):
            return not any(item and any(a.standing for a in item.attempts) for item in items)
        # Backwards, because the last item is the last to end.
        last_first = (tasks.get(replace(key, item=number)) for number in reversed(numbers))
        return all(item and item.status.ended and not item.void for item in last_first)

    def _complete(self, path: str, held: dict[TaskKey, TaskRow]) -> bool:
        """Whether every host that this step is for, now, has said something."""
        expected = self._planned.get(path, set())
        for block, batches in self._fold.batches.items():
            if path.startswith(f"{block}/") and batches:
                expected = expected & set(batches[max(batches)])
        return expected <= {key.subject for key in held}

    def _release(self, path: str) -> None:
        rows = self._held.pop(path, {})
        for group in grouped(rows.values()):
            write_group(self._writer, group, path_width=self._width, diff=self._diff)
        if not self._held and self._waiting:
            self._waiting.cancel()
            self._waiting = None

    def _wait(self) -> None:
        if self._waiting is None:
            self._waiting = self._timer(HELD_SECONDS, self._waited)
            self._waiting.start()

    def _waited(self) -> None:
        with self._guard:
            self._waiting = None
            self.flush()

    def _on_end(self, _: RunEnd) -> None:
        self.flush()
        write_ending(self._writer, RunState.after(self._fold), self._place)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_HANDLERS: dict[type[Event], Callable[..., None]] = {
    RunBegin: Lines._on_begin,
    Taken: Lines._on_taken,
    PhaseBegan: Lines._on_phase,
    Order: Lines._on_order,
    HostLost: Lines._on_lost,
    Wait: Lines._on_wait,
    Pivot: Lines._on_pivot,
    Abort: Lines._on_abort,
    Note: Lines._on_note,
    Skipped: Lines._on_decided,
    OutcomeSeen: Lines._on_decided,
    Undone: Lines._on_decided,
    RunEnd: Lines._on_end,
}
