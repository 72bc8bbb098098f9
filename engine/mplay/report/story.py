"""A run as `mplay show` tells it: the whole, one step, the way back as shell, or event by event."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mplay.model.attempt import Attempt, TaskState
from mplay.model.events import Event
from mplay.model.record import Record
from mplay.model.row import TaskRow
from mplay.model.state import RunState
from mplay.model.task import TaskKey
from mplay.report.document import task_document
from mplay.report.ending import write_ending
from mplay.report.groups import duration, host_of, path_of, write_rows
from mplay.report.redact import one_line
from mplay.report.writer import Styled, Writer, status

_LONGEST = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of a run is wanted: a step or all of a block ('' everything), a host ('' all)."""

    step: str = ""
    host: str = ""

    def has(self, key: TaskKey) -> bool:
        """Whether a task belongs to it."""
        of_step = not self.step or key.path == self.step or key.path.startswith(f"{self.step}/")
        return of_step and (not self.host or key.subject == self.host)

    def rows(self, state: RunState) -> list[TaskRow]:
        """Its rows."""
        return [row for row in state.rows if self.has(row.key)]

    def tasks(self, state: RunState) -> list[TaskState]:
        """Its tasks that have a record."""
        return [task for key, task in state.tasks.items() if self.has(key)]


def write_run(
    writer: Writer, state: RunState, *, silent: str = "", place: Sequence[str] = ()
) -> None:
    """The whole run: what it was, every row, and how it stands; `place` names the journal."""
    begin = state.begin
    if begin:
        where = f" on {begin.environment}" if begin.environment else ""
        writer.line(Styled(f"run {state.run}", "strong"), f"  {one_line(state.name)}{where}")
        owner = f"{state.owner.get('user', '?')}@{state.owner.get('host', '?')}"
        writer.line(f"{begin.playbook}, begun {state.begun} by {owner}, phase {state.phase}")
        writer.line("procedure ", str(begin.digests.get("procedure", "-")))
        writer.line("plan      ", str(begin.digests.get("plan", "-")))
        writer.line()
    if silent:
        writer.line(Styled(f"interrupted: {silent}", "warning"))
    write_rows(writer, state.rows)
    for note in state.notes:
        writer.line("note: ", note.text)
    write_ending(writer, state, place)


def write_part(writer: Writer, state: RunState, part: Part) -> None:
    """One step or block: each task with its attempts, what was expected and what it printed."""
    rows = part.rows(state)
    for row in rows:
        writer.line(
            *(Styled(path_of(row), "strong"), "  ", status(row.status), "  ", host_of(row)),
            f"  {one_line(row.summary)}" if row.summary else "",
        )
        if row.why:
            writer.line("    why: ", row.why)
        for task in state.tasks.values():
            if task.key.whole == row.key.whole:
                _write_task(writer, task)


def _write_task(writer: Writer, task: TaskState) -> None:
    if task.key != task.key.whole:
        writer.line(f"    {task.key}  ", status(task.status))
    for attempt in task.attempts:
        _write_attempt(writer, attempt)
    outcome = task.outcome
    if outcome and not task.attempts:
        _write_facts(writer, "seen", outcome.seen)
        for name, value in outcome.measurements.items():
            writer.line(f"    {name}: {value:g}")
    if outcome and outcome.output:
        for line in outcome.output.rstrip("\n").split("\n"):
            writer.line("    | ", line)


def _write_attempt(writer: Writer, attempt: Attempt) -> None:
    intent, outcome = attempt.intent, attempt.outcome
    words = [f"    attempt {intent.attempt} on {intent.host} at {attempt.at}: {intent.module}"]
    if outcome is None:
        words.append("outcome not known yet")
    else:
        code = "" if outcome.rc is None else f" rc {outcome.rc}"
        words.append(f"{outcome.outcome}{code} in {duration(outcome.seconds)}")
    if attempt.undone:
        words.append(f"undo: {attempt.undone.result} {attempt.undone.why}".rstrip())
    writer.line(", ".join(words))
    if not intent.no_log:
        _write_facts(writer, "was", {k: intent.seen.get(k, "") for k in intent.restored})
        _write_facts(writer, "expected", intent.expect)


def _write_facts(writer: Writer, title: str, facts: Mapping[str, str]) -> None:
    for key, value in facts.items():
        writer.line(f"        {title}: {one_line(key)} = {one_line(value)}")


def write_restore(writer: Writer, attempts: Sequence[Attempt]) -> None:
    """How to undo attempts by hand, the last first: the very text that a rollback would send."""
    for attempt in sorted(attempts, key=lambda a: a.seq, reverse=True):
        intent = attempt.intent
        title = (
            f"# {intent.task}, attempt {intent.attempt}, number {intent.number} on {intent.host}"
        )
        writer.line(Styled(title, "strong"), f" on {intent.host}: {one_line(intent.summary)}")
        if attempt.undone:
            writer.line(f"# {attempt.undone.result} {one_line(attempt.undone.why)}".rstrip())
        if intent.undo_calls is not None:
            writer.line("# its own rollback, as module calls:")
            writer.line(json.dumps(list(intent.undo_calls), indent=2))
        elif intent.restore is None:
            reason = intent.irreversible or intent.way_back
            writer.line(f"# no way back: {one_line(reason)}")
        else:
            writer.line(intent.restore.rstrip("\n"))
        writer.line()


def write_log(writer: Writer, records: Iterable[Record]) -> None:
    """Event by event, with what tasks printed."""
    for record in records:
        data = record.event.data()
        writer.line(
            Styled(f"{record.seq:>5} {record.at} ", "dim"),
            Styled(record.event.KIND.ljust(9), "strong"),
            f" {_told(data)}",
        )
        output = str(data.get("output") or "")
        for line in output.rstrip("\n").split("\n") if output else ():
            writer.line("      | ", line)


def of_part(records: Iterable[Record], part: Part) -> list[Record]:
    """The records about the tasks of a part; all of them where everything is wanted."""
    if not part.step and not part.host:
        return list(records)
    return [record for record in records if _concerns(record.event, part)]


def _concerns(event: Event, part: Part) -> bool:
    data = event.data()
    if data.get("task"):
        return part.has(TaskKey.parse(str(data["task"])))
    return not part.step and data.get("host") == part.host


def _told(data: Mapping[str, Any]) -> str:
    """The short fields of an event; the long ones are for ``--format json``."""
    words = []
    for name, value in data.items():
        if name == "output" or value in ("", None, (), [], {}):
            continue
        if isinstance(value, str | int | float):
            text = one_line(str(value))
            words.append(f"{name}={text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}")
        elif name == "hosts":
            words.append(f"{len(value)} hosts")
    return " ".join(words)


def part_document(state: RunState, part: Part) -> dict[str, Any]:
    """One step or block as JSON: its rows with every attempt."""
    tasks = []
    for row in part.rows(state):
        known = [task for task in state.tasks.values() if task.key.whole == row.key.whole]
        attempts = [attempt_document(a) for task in known for a in task.attempts]
        tasks.append({**task_document(row), "attempts": attempts})
    return {"run": state.run, "status": state.status.value, "step": part.step, "tasks": tasks}


def attempt_document(attempt: Attempt) -> dict[str, Any]:
    """One attempt: what was sent, what became of it, and its way back."""
    intent, outcome, undone = attempt.intent, attempt.outcome, attempt.undone
    return {
        "task": intent.task,
        "attempt": intent.attempt,
        "at": attempt.at,
        "runs_on": intent.host,
        "number": intent.number,
        "module": intent.module,
        "summary": intent.summary,
        "outcome": outcome.outcome if outcome else None,
        "rc": outcome.rc if outcome else None,
        "seconds": outcome.seconds if outcome else None,
        "why": outcome.why if outcome else "",
        "output": outcome.output if outcome else "",
        "expect": {} if intent.no_log else dict(intent.expect),
        "restored": {} if intent.no_log else dict(intent.restored),
        "way_back": intent.way_back,
        "restore": intent.restore,
        "undo_calls": None if intent.undo_calls is None else list(intent.undo_calls),
        "irreversible": intent.irreversible,
        "undone": undone.result if undone else None,
    }


def log_document(run: str, records: Iterable[Record]) -> dict[str, Any]:
    """Events as JSON, whole."""
    return {
        "run": run,
        "events": [
            {
                "seq": record.seq,
                "at": record.at,
                "by": record.by,
                "kind": record.event.KIND,
                "hash": record.hash,
                "data": record.event.data(),
            }
            for record in records
        ],
    }
