"""The one way out to a terminal, a file or a pipe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from mplay.model.errors import UsageError
from mplay.model.task import RunStatus, TaskStatus
from mplay.report.redact import Redactor, escaped

STYLES: Mapping[str, str] = {
    "good": "green",
    "changed": "yellow",
    "bad": "bold red",
    "dim": "bright_black",
    "strong": "bold",
    "added": "green",
    "removed": "red",
    "place": "cyan",
    "warning": "magenta",
}

_WORDS: Mapping[str, tuple[str, ...]] = {
    "good": (TaskStatus.OK, RunStatus.SUCCEEDED),
    "changed": (
        *(TaskStatus.CHANGED, TaskStatus.WOULD_CHANGE, TaskStatus.UNDONE, TaskStatus.REVERTED),
        RunStatus.ROLLED_BACK,
    ),
    "bad": (
        *(TaskStatus.FAILED, TaskStatus.CONFLICT, TaskStatus.UNREACHABLE),
        *(RunStatus.HALTED, RunStatus.ROLLBACK_INCOMPLETE),
    ),
    "warning": (
        *(TaskStatus.WARNING, TaskStatus.UNKNOWN, TaskStatus.WAITING),
        *(RunStatus.INCOMPLETE, RunStatus.INTERRUPTED, RunStatus.BLIND),
    ),
    "dim": (TaskStatus.SKIPPED, TaskStatus.PENDING, TaskStatus.BLOCKED),
}
_STATUS_STYLES = {str(word): style for style, words in _WORDS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Styled:
    """A part of a line with one of `STYLES`."""

    text: str
    style: str


def status(value: str) -> Styled:
    """A status in its colour."""
    return Styled(value, _STATUS_STYLES.get(value, ""))


def padded(part: str | Styled, width: int) -> str | Styled:
    """The part, filled up with blanks."""
    if isinstance(part, Styled):
        return Styled(part.text.ljust(width), part.style)
    return part.ljust(width)


class Writer:
    """Writes lines and JSON: secrets redacted, control characters shown, colour on terminals.

    `redactor` may learn further secrets at any time. A stream that is gone (a closed pipe, a lost
    terminal, a full disk) is left alone; `check` at the end tells of what matters. A `compact`
    one writes each document on one line.
    """

    def __init__(
        self, stream: TextIO, *, redactor: Redactor | None = None, compact: bool = False
    ) -> None:
        self._stream = stream
        self._indent = None if compact else 2
        self.redactor = redactor or Redactor()
        self._coloured = _has_colour(stream)
        self._deaf = False
        self._error: OSError | None = None

    def line(self, *parts: str | Styled) -> None:
        """Write one line of parts. A newline within a part begins a new line."""
        shown = "".join(self._part(part) for part in parts)
        self._send(shown if self._coloured else shown.rstrip(" "))

    def document(self, data: Mapping[str, Any]) -> None:
        """Write plain data as JSON."""
        text = json.dumps(data, indent=self._indent, ensure_ascii=True)
        self._send(self.redactor(text))

    def _send(self, text: str) -> None:
        """Write it, unless nobody is there to read it any more: a run goes on without."""
        if self._deaf:
            return
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except BrokenPipeError:
            self._deaf = True
        except OSError as error:
            self._deaf = True
            self._error = error

    def check(self) -> None:
        """UsageError if something could not be written, unless its reader just went away."""
        if self._error is not None:
            raise UsageError(f"the output cannot be written: {self._error.strerror}")

    def _part(self, part: str | Styled) -> str:
        if isinstance(part, str):
            return escaped(self.redactor(part))
        text = escaped(self.redactor(part.text))
        return _painted(text, STYLES[part.style]) if self._coloured and part.style else text


def _has_colour(stream: TextIO) -> bool:
    """Whether colour is wanted: a terminal that has it, and no NO_COLOR."""
    if not stream.isatty():
        return False
    from rich.console import Console

    console = Console(file=stream)
    return console.color_system is not None and not console.no_color


def _painted(text: str, style: str) -> str:
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(style).render(text, color_system=ColorSystem.STANDARD)
