"""Equal rows of several hosts shown as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mplay.model.change import Diff
from mplay.model.row import TaskRow
from mplay.model.task import TaskStatus
from mplay.report.diff import write_diffs
from mplay.report.redact import one_line
from mplay.report.table import Cell, write_table
from mplay.report.writer import Styled, Writer, padded, status

_SHOWN_HOSTS = 8
_TROUBLE = frozenset(
    {TaskStatus.FAILED, TaskStatus.UNREACHABLE, TaskStatus.CONFLICT, TaskStatus.BLOCKED}
)
_TELLS_WHY = _TROUBLE | {TaskStatus.UNKNOWN, TaskStatus.WARNING, TaskStatus.SKIPPED}
STATUS_WIDTH = max(len(s) for s in TaskStatus)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one step that say the same of several hosts."""

    rows: tuple[TaskRow, ...]

    @property
    def first(self) -> TaskRow:
        """The row that speaks for all."""
        return self.rows[0]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts, with the delegate where there is one: ``web7 → lb1``."""
        return tuple(host_of(row) for row in self.rows)


def host_of(row: TaskRow) -> str:
    """The host of a row, and the one that it runs on if that is another."""
    return f"{row.key.subject} → {row.runs_on}" if row.runs_on else row.key.subject


def grouped(rows: Iterable[TaskRow]) -> list[Group]:
    """Rows of one step and one meaning put together, in the order of their first."""
    found: dict[object, list[TaskRow]] = {}
    for row in rows:
        found.setdefault(_meaning(row), []).append(row)
    return [Group(tuple(same)) for same in found.values()]


def _meaning(row: TaskRow) -> object:
    return (
        row.key.path,
        row.key.item,
        row.key.use,
        row.status,
        row.summary,
        row.why,
        row.way_back,
        row.output,
        row.verified,
        row.diff,
        tuple(_meaning(item) for item in row.items),
    )


def write_group(
    writer: Writer, group: Group, *, path_width: int, diff: bool = False, tail: int = 10
) -> None:
    """A line for the group, and below it what a person needs to go on."""
    row = group.first
    words = [one_line(word) for word in (row.summary, _items(row.items)) if word]
    if row.why and row.status in _TELLS_WHY and row.status not in _TROUBLE:
        words.append(one_line(row.why))
    if not row.verified and row.status is TaskStatus.CHANGED:
        words.append("(not verified)")
    writer.line(
        Styled(path_of(row).ljust(path_width), "strong"),
        "  ",
        padded(status(row.status), STATUS_WIDTH),
        "  ",
        _hosts(group),
        *(f"  {word}" for word in words),
        Styled(_names(group), "dim"),
    )
    if row.status in _TROUBLE:
        _write_trouble(writer, row, tail)
    if row.way_back:
        writer.line("    way back: ", one_line(row.way_back))
    if diff:
        write_diffs(writer, _diffs(row))


def path_of(row: TaskRow) -> str:
    """The step's path, with item and use."""
    return str(row.key).replace(f"@{row.key.subject}", "", 1)


def _diffs(row: TaskRow) -> list[Diff]:
    return [*row.diff, *(change for item in row.items for change in item.diff)]


def _hosts(group: Group) -> str:
    return group.hosts[0] if len(group.rows) == 1 else f"{len(group.rows)} hosts"


def _names(group: Group) -> str:
    if len(group.rows) == 1:
        return ""
    more = len(group.hosts) - _SHOWN_HOSTS
    shown = " ".join(group.hosts[:_SHOWN_HOSTS])
    return f"  ({shown} and {more} more)" if more > 0 else f"  ({shown})"


def _items(items: Sequence[TaskRow]) -> str:
    """``3 items: 2 changed, 1 ok``."""
    if not items:
        return ""
    counts = ", ".join(f"{n} {word}" for word, n in Counter(i.status.value for i in items).items())
    return f"{len(items)} item{'s' if len(items) > 1 else ''}: {counts}"


def _write_trouble(writer: Writer, row: TaskRow, tail: int) -> None:
    for line in row.why.rstrip("\n").split("\n") if row.why else ():
        writer.line("    ", Styled(line, "bad"))
    lines = row.output.rstrip("\n").split("\n") if row.output.strip() else []
    for line in lines[-tail:]:
        writer.line("    | ", line)


def write_rows(writer: Writer, rows: Sequence[TaskRow], *, diff: bool = False) -> None:
    """All rows, equal hosts collapsed, in their order."""
    width = path_width(rows)
    for group in grouped(rows):
        write_group(writer, group, path_width=width, diff=diff)


def path_width(rows: Iterable[TaskRow]) -> int:
    """How wide a column for paths is to be."""
    return min(40, max((len(row.key.path) for row in rows), default=0))


def write_summary(writer: Writer, rows: Sequence[TaskRow]) -> None:
    """The final table: each step with how many of its hosts stand how."""
    steps: dict[str, Counter[TaskStatus]] = {}
    seconds: dict[str, float] = {}
    for row in rows:
        steps.setdefault(row.key.path, Counter())[row.status] += 1
        seconds[row.key.path] = max(seconds.get(row.key.path, 0.0), row.seconds)
    used = [s for s in TaskStatus if any(counts[s] for counts in steps.values())]
    table: list[list[Cell]] = []
    for path, counts in steps.items():
        cells: list[Cell] = [Styled(path, "strong")]
        cells += [_count(counts[s], s) for s in used]
        table.append([*cells, duration(seconds[path]) if seconds[path] else "-"])
    write_table(writer, ["step", *(s.value for s in used), "longest"], table)


def _count(number: int, kind: TaskStatus) -> Cell:
    return Styled(str(number), status(kind).style) if number else Styled("-", "dim")


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``, ``2 h 05 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
