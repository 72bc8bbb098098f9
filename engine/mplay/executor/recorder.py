"""The one way in which a run writes: first the journal, then those who watch."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from mplay.model.events import Event
from mplay.model.record import Listener, Record


class Journal(Protocol):
    """What the executor needs of a journal."""

    def append(self, run: str, event: Event) -> Record:
        """Make an event durable; JournalError when it cannot be."""
        ...

    def append_all(self, run: str, new: Sequence[Event]) -> Sequence[Record]:
        """Make events durable, all or none. JournalError."""
        ...


class Recorder:
    """Writes the events of one run and shows each to the listeners once it is durable."""

    def __init__(self, journal: Journal, run: str, listeners: Sequence[Listener] = ()) -> None:
        self.run = run
        self._journal = journal
        self._listeners = tuple(listeners)
        self._showing = threading.Lock()

    def write(self, event: Event) -> None:
        """Make the event durable, then show it. JournalError: nothing more may happen."""
        record = self._journal.append(self.run, event)
        self.show(record)

    def write_all(self, new: Sequence[Event]) -> None:
        """The same for several events at once, all or none."""
        for record in self._journal.append_all(self.run, new):
            self.show(record)

    def show(self, record: Record) -> None:
        """Show a durable record to the listeners, one at a time."""
        with self._showing:
            for listener in self._listeners:
                listener.on_record(record)

    def output(self, task: str, host: str, text: bytes) -> None:
        """Show what a task prints."""
        decoded = text.decode("utf-8", "replace")
        with self._showing:
            for listener in self._listeners:
                listener.on_output(task, host, decoded)


class Silent(Recorder):
    """The recorder of a dry-run: a dry-run has nothing to record, and a record is a bug."""

    def __init__(self) -> None:
        super().__init__(_NoJournal(), "")


class _NoJournal:
    def append(self, run: str, event: Event) -> Record:
        raise AssertionError(f"a dry-run must not record {event.KIND} {run}")

    def append_all(self, run: str, new: Sequence[Event]) -> Sequence[Record]:
        raise AssertionError(f"a dry-run must not record {len(new)} events {run}")
