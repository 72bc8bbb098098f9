"""Values of a file that remember how they were written, where their value alone does not say it."""

from __future__ import annotations

from typing import Self

from mplay.model.playbook import Text


class FoldedText(Text):
    """A text whose lines and columns are not those of the file: folded, or with escapes."""

    __slots__ = ()


class WrittenInt(int):
    """An integer that remembers how it was written."""

    written: str

    def __new__(cls, value: int, written: str = "") -> Self:
        """An integer with its spelling."""
        number = super().__new__(cls, value)
        number.written = written
        return number


class WrittenFloat(float):
    """A fraction that remembers how it was written."""

    written: str

    def __new__(cls, value: float, written: str = "") -> Self:
        """A fraction with its spelling."""
        number = super().__new__(cls, value)
        number.written = written
        return number


def spelling(number: float) -> str:
    """How a number was written, or how Python prints it."""
    written = getattr(number, "written", None)
    return written if written and isinstance(written, str) else str(number)
