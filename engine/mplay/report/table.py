"""Columns of text."""

from __future__ import annotations

from collections.abc import Sequence

from mplay.report.redact import one_line
from mplay.report.writer import Styled, Writer, padded

Cell = str | Styled


def write_table(
    writer: Writer, header: Sequence[str], rows: Sequence[Sequence[Cell]], *, indent: str = ""
) -> None:
    """Write rows below a header, columns as wide as their longest cell."""
    lines = [[_clean(cell) for cell in row] for row in rows]
    titles: list[Cell] = [Styled(title, "strong") for title in header]
    widths = [max(_length(row[n]) for row in [titles, *lines]) for n in range(len(header))]
    for row in [titles, *lines]:
        cells: list[Cell] = [indent]
        for cell, width in zip(row[:-1], widths, strict=False):
            cells += [padded(cell, width), "  "]
        writer.line(*cells, row[-1])


def _clean(cell: Cell) -> Cell:
    if isinstance(cell, Styled):
        return Styled(one_line(cell.text), cell.style)
    return one_line(cell)


def _length(cell: Cell) -> int:
    return len(cell.text if isinstance(cell, Styled) else cell)
