"""What a task would show of its secrets: told before anything of it is begun."""

from __future__ import annotations

from mplay.channel.holes import holed
from mplay.model.change import Change, Script
from mplay.model.errors import UsageError, Where
from mplay.model.secrets import NAMELESS, Secrets, names_in


def refuse_shown(change: Change, secrets: Secrets, where: Where) -> None:
    """UsageError, at the step, for a change that cannot be made or undone without showing one."""
    for script in (change.save, change.apply, change.restore or ""):
        refuse_script(script, secrets, where)
    if NAMELESS in names_in(secrets.marked(change.restore or "")):
        raise UsageError(
            "the way back would hold a secret in a form that cannot be found again",
            where=where,
            hint="use the secret as it is, not as a part of a coded text",
        )


def refuse_script(script: Script, secrets: Secrets, where: Where) -> None:
    """UsageError, at the step, for a script that would show a secret in a process list."""
    try:
        holed(script, secrets)
    except UsageError as error:
        raise UsageError(error.problem.what, where=where, hint=error.problem.hint) from error
