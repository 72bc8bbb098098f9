"""A run as it happens, one JSON object a line: the listener of ``--format ndjson``.

Every object has `kind`, `run`, `seq`, `at`; those about a task also `task`, `step`, `host`. The
kinds are those of the journal (``RUN_BEGIN``, ``INTENT``, ``OUTCOME``, …), with the fields of
`FIELDS`; with ``-v`` also ``OUTPUT``. ``RUN_END`` is the last line and the whole document of
``--format json``. A dry-run tells of each task as ``FORECAST``. A reader passes over kinds and
keys that it does not know.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mplay.model.events import (
    Abort,
    Answered,
    Debt,
    Event,
    HostLost,
    HostSeen,
    Intent,
    Loop,
    Note,
    Order,
    OutcomeSeen,
    PhaseBegan,
    Pivot,
    RunBegin,
    RunEnd,
    Skipped,
    Taken,
    Undoing,
    Undone,
    Wait,
)
from mplay.model.fold import Fold
from mplay.model.record import Record
from mplay.model.rows import planned_keys
from mplay.model.state import RunState
from mplay.model.task import TaskKey
from mplay.report.document import run_document, with_output
from mplay.report.printed import Printed
from mplay.report.writer import Writer

FIELDS: Mapping[type[Event], tuple[str, ...]] = {
    RunBegin: ("playbook", "name", "environment", "hosts"),
    Taken: ("what",),
    PhaseBegan: ("phase",),
    HostSeen: ("host", "machine_id", "boot"),
    HostLost: ("host", "why"),
    Order: ("block", "batch", "hosts"),
    Loop: ("task",),
    Skipped: ("task", "why"),
    Wait: ("task", "ask", "evidence"),
    Answered: ("task", "who"),
    Intent: ("task", "attempt", "module", "summary", "way_back"),
    OutcomeSeen: (
        *("task", "attempt", "outcome", "status", "rc", "summary", "why", "output", "seconds"),
        *("verified", "reasons", "measurements"),
    ),
    Pivot: ("task", "why"),
    Debt: ("task", "reaction"),
    Abort: ("scope", "why", "block", "step", "hosts"),
    Undoing: ("task", "attempt", "tries"),
    Undone: ("task", "attempt", "result", "why", "conflict"),
    Note: ("text", "task"),
}
"""What is told of each event. Scripts, variables and what secrets could stand in are not."""

_HOST_OF = (Abort, Note)


def event_document(record: Record) -> dict[str, Any] | None:
    """The object of a record; None for a record that only mplay itself needs."""
    event = record.event
    names = FIELDS.get(type(event))
    if names is None:
        return None
    data = event.data()
    told = {name: data[name] for name in names}
    if isinstance(event, RunBegin):
        told["steps"] = list(dict.fromkeys(key.path for key in planned_keys(event.plan)))
        told["digests"] = {name: event.digests.get(name, "") for name in ("procedure", "plan")}
    if isinstance(event, Intent):
        told["runs_on"] = event.host
    if isinstance(event, _HOST_OF) and event.host:
        told["host"] = event.host
    if told.get("task"):
        told |= _task(str(told["task"]))
    head = {"kind": event.KIND, "run": record.run, "seq": record.seq, "at": record.at}
    return {**head, **told}


def _task(text: str) -> dict[str, Any]:
    key = TaskKey.parse(text)
    return {"step": key.path, "host": key.subject, "item": key.item}


def dry_run_objects(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The document of a dry-run as a stream: a ``FORECAST`` for each task, then the end."""
    for task in document["tasks"]:
        yield {"kind": "FORECAST", "run": None, **task}
    yield {"kind": RunEnd.KIND, **document}


class Stream:
    """Writes each record at once. `verbose` also writes what tasks print, line by line."""

    def __init__(self, writer: Writer, *, verbose: int = 0, place: Sequence[str] = ()) -> None:
        self._writer = writer
        self._place = place
        self._verbose = verbose
        self._guard = threading.Lock()
        self._fold = Fold()
        self._printed = Printed()

    def know(self, records: Sequence[Record]) -> None:
        """Take in silently what happened before: a run that is taken up again."""
        for record in records:
            self._fold.feed(record)

    def on_record(self, record: Record) -> None:
        """Write it."""
        with self._guard:
            self._fold.feed(record)
            if isinstance(record.event, RunEnd):
                head = {"kind": record.event.KIND, "seq": record.seq, "at": record.at}
                state = RunState.after(self._fold)
                whole = run_document(state, place=self._place)
                told = with_output(whole, state) if self._verbose else whole
                self._writer.document({**head, **told})
                return
            document = event_document(record)
            if document:
                self._writer.document(document)

    def on_output(self, task: str, host: str, text: str) -> None:
        """A task printed something: whole lines of it are written where that is wanted."""
        if not self._verbose:
            return
        with self._guard:
            for line in self._printed.lines(task, host, text):
                told = {"kind": "OUTPUT", "run": self._fold.run, "task": task, **_task(task)}
                self._writer.document({**told, "text": line})
