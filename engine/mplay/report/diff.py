"""A change of content as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from mplay.model.change import Diff
from mplay.report.writer import Styled, Writer

_STYLES = {"+": "added", "-": "removed", "@": "place"}
_NO_NEWLINE = "\\ No newline at end of file"


def diff_lines(change: Diff) -> Iterator[str]:
    """The lines of a unified diff; nothing where before and after are the same."""
    lines = difflib.unified_diff(
        _lines(change.before), _lines(change.after), "before", "after", lineterm=""
    )
    for number, line in enumerate(lines):
        if number < 2:
            yield f"{line[:3]} {change.title} ({line[4:]})"
            continue
        yield line.removesuffix("\n")
        if line[:1] != "@" and not line.endswith("\n"):
            yield _NO_NEWLINE


def write_diffs(writer: Writer, diffs: Iterable[Diff], *, indent: str = "    ") -> None:
    """Write diffs, coloured where the terminal is."""
    for change in diffs:
        for line in diff_lines(change):
            style = _STYLES.get(line[:1], "")
            writer.line(indent, Styled(line, "strong" if line[:4] in {"--- ", "+++ "} else style))


def _lines(text: str) -> list[str]:
    """Lines with their ends; they end at newlines only, whatever else Unicode calls a line."""
    parts = text.split("\n")
    ended = [f"{part}\n" for part in parts[:-1]]
    return ended + ([parts[-1]] if parts[-1] else [])
