"""``--step``: the question before each step, on the terminal."""

from __future__ import annotations

import select
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from mplay.model.errors import UsageError

if TYPE_CHECKING:
    from mplay.executor.consent import Consent

PATIENCE = 0.2
"""Seconds between two looks at whether the run was stopped meanwhile."""

step_by_step = click.option(
    "--step", "stepwise", is_flag=True, help="Ask before each step: no, yes, or continue."
)


def consent() -> Consent:
    """Asks on the terminal. UsageError where there is none."""
    from mplay.executor.consent import Consent

    if not sys.stdin.isatty():
        raise UsageError(
            "--step asks before each step, and there is no terminal to ask on",
            hint="Choose steps with --only, --from or --tags, or run it in a terminal.",
        )
    return Consent(_ask)


def _ask(question: str, stopped: Callable[[], bool]) -> str | None:
    """The line that is typed; None after the end of input, or once the run was stopped."""
    from mplay.cli.output import to_stderr

    to_stderr().line(f"Perform task: {question}")
    click.echo("(N)o/(y)es/(c)ontinue: ", nl=False, err=True)
    try:
        while not stopped():
            ready, _, _ = select.select([sys.stdin], [], [], PATIENCE)
            if ready:
                return sys.stdin.readline() or None
    except OSError:
        return None
    return None
