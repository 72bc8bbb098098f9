"""Running a command of this machine, with an error that says what to look at."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

from mplay.model.errors import MplayError, UsageError


class LabFailed(MplayError):
    """The machine could not do what the lab asked of it."""

    exit_code = 4


def run(
    argv: Sequence[str],
    *,
    text: str = "",
    environment: Mapping[str, str] | None = None,
    check: bool = True,
    what: str = "",
    hint: str = "",
) -> str:
    """Run a command to its end and return its standard output; `what` names it in errors."""
    try:
        done = subprocess.run(
            list(argv), input=text, capture_output=True, text=True, env=environment, check=False
        )
    except FileNotFoundError:
        raise UsageError(
            f"The lab needs the program {argv[0]}, which this machine does not have.",
            hint="`mplay lab doctor` names the package.",
        ) from None
    if check and done.returncode:
        raise LabFailed(
            f"{what or argv[0]} failed with exit code {done.returncode}:\n{_tail(done)}",
            where="lab",
            hint=hint or "`mplay lab doctor` says what this machine is missing.",
        )
    return done.stdout


def _tail(done: subprocess.CompletedProcess[str], lines: int = 15) -> str:
    said = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return "\n".join(f"    {line}" for line in said[-lines:])
