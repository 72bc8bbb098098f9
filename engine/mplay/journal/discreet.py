"""Events without the secrets that are known: marks stand in their place."""

from __future__ import annotations

from dataclasses import replace

from mplay.model.errors import UsageError
from mplay.model.events import Event, Intent, OutcomeSeen, RunBegin, decode
from mplay.model.secrets import NAMELESS, Secrets, names_in

_NAMES = frozenset(
    {
        *("task", "tasks", "host", "hosts", "reaction", "step", "scope", "kind", "module", "user"),
        *("outcome", "status", "result", "way_back", "token", "machine_id", "boot", "state"),
    }
)
"""Fields by which records are found again; they name things of files that are not encrypted."""


def begun(event: RunBegin, secrets: Secrets) -> RunBegin:
    """The beginning of a run: all of it is what files say, but for how hosts are reached."""
    ways = {host: secrets.marked(way) for host, way in event.connections.items()}
    return replace(event, connections=ways)


def discreet(event: Event, secrets: Secrets) -> Event:
    """The event as it may be written. UsageError where an undo could not be read from it again."""
    if not secrets.forms():
        return event
    if isinstance(event, RunBegin):
        return begun(event, secrets)
    if isinstance(event, OutcomeSeen):
        event = replace(event, output=secrets.trimmed(event.output))
    data = event.data()
    if not secrets.found_in(data):
        return event
    marked = decode(
        event.KIND, {k: v if k in _NAMES else secrets.marked(v) for k, v in data.items()}
    )
    if not isinstance(marked, Intent):
        return marked
    if NAMELESS in names_in([marked.restore or "", marked.undo_calls]):
        raise UsageError(
            "the way back would hold a secret in a form that cannot be found again",
            where=event.task if isinstance(event, Intent) else None,
            hint="use the secret as it is, not as a part of a coded text",
        )
    needed = bool(names_in([marked.restore or "", marked.undo_calls, dict(marked.environment)]))
    return replace(marked, restore_needs_secrets=marked.restore_needs_secrets or needed)
