"""What a task would show of its secrets: told before anything of it is begun."""

from __future__ import annotations

from mplay.channel.discreet import discreet, secret_lines
from mplay.channel.holes import holed
from mplay.channel.protocol import Frame, Piece, PieceKind
from mplay.model.change import Change, Script
from mplay.model.errors import UsageError, Where
from mplay.model.secrets import NAMELESS, Secrets, names_in


def refuse_shown(change: Change, secrets: Secrets, where: Where) -> None:
    """UsageError, at the step, for a change that cannot be made or undone without showing one."""
    if not secrets.forms():
        return
    scripts = {"save": change.save, "apply": change.apply, "restore": change.restore or ""}
    pieces = [Piece(name=k, kind=PieceKind.APPLY, script=one) for k, one in scripts.items()]
    frame = Frame(number=1, task="", attempt=1, pieces=tuple(pieces), blobs=change.blobs)
    try:
        secret_lines(discreet([frame], secrets).values)
    except UsageError as error:
        raise _at(where, error) from error
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
        raise _at(where, error) from error


def _at(where: Where, error: UsageError) -> UsageError:
    return UsageError(error.problem.what, where=where, hint=error.problem.hint)
