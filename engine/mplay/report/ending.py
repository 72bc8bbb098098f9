"""How a run ended, or what a dry-run found: the final table and the next command to paste."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from mplay.model.attempt import TaskState
from mplay.model.row import TaskRow
from mplay.model.state import RunState
from mplay.model.task import TaskStatus
from mplay.report.following import next_commands
from mplay.report.groups import duration, write_rows, write_summary
from mplay.report.redact import one_line
from mplay.report.writer import Styled, Writer, status


def write_ending(writer: Writer, state: RunState, place: Sequence[str] = ()) -> None:
    """The table of steps, conflicts, hosts without an answer, status, and the next command.

    `place` are the words that name the journal, for that command.
    """
    writer.line()
    write_summary(writer, state.rows)
    writer.line()
    for task in state.tasks.values():
        _write_conflict(writer, task)
    for host, why in state.lost.items():
        writer.line(Styled(host, "bad"), "  no answer: ", one_line(why))
    why = f": {one_line(state.why)}" if state.why else ""
    took = f"  in {_span(state)}" if state.ended else ""
    writer.line(Styled(f"run {state.run}  ", "strong"), status(state.status), why, took)
    if state.head:
        writer.line(Styled(f"journal head {state.head}", "dim"))
    write_next(writer, next_commands(state, place))


def write_next(writer: Writer, commands: Sequence[tuple[str, str]]) -> None:
    """What to do next, each with the command to paste."""
    width = max((len(what) for what, _ in commands), default=0)
    for what, command in commands:
        writer.line(f"  {what.ljust(width)}  ", Styled(command, "strong"))


def write_dry_run(
    writer: Writer, rows: Sequence[TaskRow], *, next_command: str, diff: bool = False
) -> None:
    """What would happen, step by step, and the command that does it."""
    write_rows(writer, rows, diff=diff)
    writer.line()
    write_summary(writer, rows)
    writer.line()
    counts: Mapping[str, int] = {
        "would change": sum(row.status is TaskStatus.WOULD_CHANGE for row in rows),
        "unknown": sum(row.status is TaskStatus.UNKNOWN for row in rows),
        "failed": sum(row.status is TaskStatus.FAILED for row in rows),
    }
    words = [f"{number} {word}" for word, number in counts.items() if number]
    writer.line("dry-run: ", ", ".join(words) or "nothing would change", "; nothing was touched")
    if next_command:
        write_next(writer, [("do it", next_command)])


def _write_conflict(writer: Writer, task: TaskState) -> None:
    if task.status is not TaskStatus.CONFLICT or task.undone is None:
        return
    writer.line(Styled(f"{task.key}  changed by somebody else since:", "bad"))
    for fact in task.undone.conflict:
        writer.line("    ", Styled(one_line(fact["key"]), "strong"))
        for name in ("before", "after", "now"):
            writer.line(f"        {name.ljust(6)}  ", one_line(fact.get(name, "")))


def _span(state: RunState) -> str:
    begun, ended = datetime.fromisoformat(state.begun), datetime.fromisoformat(state.ended)
    return duration(max(0.0, (ended - begun).total_seconds()))
