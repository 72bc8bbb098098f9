"""A run or a dry-run as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mplay.model.events import RunEnd
from mplay.model.fold import Fold
from mplay.model.record import Record
from mplay.model.row import TaskRow
from mplay.model.state import RunState
from mplay.model.task import TaskKey, TaskStatus
from mplay.report.following import next_commands
from mplay.report.writer import Writer

DRY_RUN = "dry-run"


def task_document(row: TaskRow) -> dict[str, Any]:
    """One row; `items` and `uses` nested in it."""
    return {
        "step": row.key.path,
        "host": row.key.subject,
        "item": row.key.item,
        "use": row.key.use,
        "status": row.status.value,
        "summary": row.summary,
        "seconds": round(row.seconds, 3),
        "why": row.why,
        "runs_on": row.runs_on or row.key.subject,
        "verified": row.verified,
        "way_back": row.way_back,
        "output": row.output,
        "diff": [asdict(change) for change in row.diff],
        "items": [task_document(item) for item in row.items],
        "uses": [task_document(use) for use in row.uses],
    }


def run_document(
    state: RunState,
    *,
    status: str = "",
    exit_code: int | None = None,
    place: Sequence[str] = (),
) -> dict[str, Any]:
    """A run. `status` and `exit_code` where the caller knows better than the records.

    `place` are the words that name the journal, for the next commands.
    """
    return {
        "run": state.run,
        "name": state.name,
        "status": status or state.status.value,
        "phase": state.phase.value,
        "exit": state.exit if exit_code is None else exit_code,
        "why": state.why,
        "environment": state.environment,
        "hosts": list(state.hosts),
        "begun": state.begun,
        "ended": state.ended,
        "head": state.head,
        "lost": dict(state.lost),
        "tasks": [task_document(row) for row in state.rows],
        "notes": [note.text for note in state.notes],
        "next": [command for _, command in next_commands(state, place)],
    }


def dry_run_document(
    rows: Sequence[TaskRow],
    *,
    name: str,
    environment: str,
    exit_code: int,
    extra: Mapping[str, Any],
) -> dict[str, Any]:
    """A dry-run: the keys of a run, with no run. `extra` is what the caller knows besides."""
    return {
        "run": None,
        "name": name,
        "status": DRY_RUN,
        "phase": "steps",
        "exit": exit_code,
        "environment": environment,
        "changes": sum(row.status is TaskStatus.WOULD_CHANGE for row in rows),
        "tasks": [task_document(row) for row in rows],
        **extra,
    }


def with_output(document: dict[str, Any], state: RunState) -> dict[str, Any]:
    """The document with the last lines of what every task printed, not of those only that failed.

    Of a task that loops, in its items.
    """

    def told(task: dict[str, Any]) -> dict[str, Any]:
        outcome = state.task(TaskKey(task["step"], task["host"], task["item"], task["use"])).outcome
        items = [told(item) for item in task["items"]]
        output = task["output"] or (outcome.output if outcome else "")
        return {**task, "output": output, "items": items}

    return {**document, "tasks": [told(task) for task in document["tasks"]]}


class Document:
    """The listener of ``--format json``: one document when the run ends.

    `verbose`: with what every task printed.
    """

    def __init__(self, writer: Writer, *, verbose: int = 0, place: Sequence[str] = ()) -> None:
        self._writer = writer
        self._verbose = verbose
        self._place = place
        self._fold = Fold()

    def know(self, records: Sequence[Record]) -> None:
        """Take in what happened before: the records of the run that a resume goes on with."""
        for record in records:
            self._fold.feed(record)

    def on_record(self, record: Record) -> None:
        """Remember it; at the end, write."""
        self._fold.feed(record)
        if isinstance(record.event, RunEnd):
            state = RunState.after(self._fold)
            document = run_document(state, place=self._place)
            self._writer.document(with_output(document, state) if self._verbose else document)

    def on_output(self, task: str, host: str, text: str) -> None:
        """The last lines of it come with the outcome."""
