"""Where a command's words go: one writer for each stream, one listener for each format."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mplay.cli.vault import known_secrets
from mplay.report.redact import Redactor
from mplay.report.writer import Writer

if TYPE_CHECKING:
    from mplay.report.document import Document
    from mplay.report.lines import Lines
    from mplay.report.stream import Stream


def to_stdout(form: str = "text", redactor: Redactor | None = None) -> Writer:
    """What was asked for; the command fails at its end if that could not be written.

    With `form` ``ndjson`` every document is one line.
    """
    writer = Writer(sys.stdout, redactor=redactor or known_secrets(), compact=form == "ndjson")
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(writer.check)
    return writer


def to_stderr(redactor: Redactor | None = None) -> Writer:
    """What went wrong, and questions."""
    return Writer(sys.stderr, redactor=redactor or known_secrets())


def listener(
    form: str,
    writer: Writer,
    *,
    verbose: int = 0,
    diff: bool = False,
    place: Sequence[str] = (),
) -> Lines | Document | Stream:
    """Who shows a run while it is executed; what is held back is shown at the command's end.

    `place` are the words that name the journal.
    """
    if form == "json":
        from mplay.report.document import Document

        return Document(writer, verbose=verbose, place=place)
    if form == "ndjson":
        from mplay.report.stream import Stream

        return Stream(writer, verbose=verbose, place=place)
    from mplay.report.lines import Lines

    lines = Lines(writer, verbose=verbose, diff=diff, place=place)
    context = click.get_current_context(silent=True)
    if context is not None:
        context.call_on_close(lines.flush)
    return lines
