"""Secrets of which the journal holds marks only, opened again where an undo or a resume needs them.

A mark names a secret by where it is encrypted. What the journal kept of variables and playbook is
gone through for that, and opened with the vault; nothing else of it is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from mplay.executor.context import RunContext
from mplay.model.attempt import Attempt
from mplay.model.errors import UsageError
from mplay.model.playbook import Text
from mplay.model.sealed import Sealed
from mplay.model.secrets import NAMELESS, names_in, variables
from mplay.model.state import RunState
from mplay.model.task import TaskKey, TaskStatus
from mplay.source import Vault
from mplay.template.scope import unresolved


def needed_by(attempt: Attempt) -> frozenset[str]:
    """The secrets without which an attempt can be neither compared nor undone."""
    intent = attempt.intent
    return names_in(
        [
            *(intent.restore or "", intent.probe, intent.undo_calls, list(intent.verify)),
            *(dict(intent.environment), dict(intent.expect), dict(intent.restored)),
        ]
    ) - {NAMELESS}


def needed_to_undo(state: RunState, chosen: Callable[[Attempt], bool]) -> frozenset[str]:
    """The secrets that the undo of some attempts needs."""
    found = [needed_by(one) for one in state.attempts if one.standing and chosen(one)]
    return frozenset().union(*found)


def needed_to_go_on(state: RunState) -> frozenset[str]:
    """The secrets that a resume needs: of what may be undone, and of items that were decided."""
    items = [task.items for task in state.tasks.values() if task.items is not None]
    return (needed_to_undo(state, lambda _: True) | names_in([list(i) for i in items])) - {NAMELESS}


def recall(vault: Vault, context: RunContext, needed: frozenset[str]) -> bool:
    """Open the secrets with these names; whether there were any. UsageError where one cannot be."""
    missing = set(needed) - set(vault.secrets.values(needed))
    if not missing:
        return False
    for host in context.hosts.values():
        scope = context.own_scope(host)
        for value in _secret_values(host.vars):
            missing -= _opened(vault, context, value, scope, missing)
    for value in _secret_values((context.plan, context.extra_vars)):
        missing -= _opened(vault, context, value, context.extra_vars, missing)
    if missing:
        raise UsageError(
            "the journal names a secret that it does not hold: the undo cannot be done by itself",
            hint=f"see what is to be done by hand: mplay show {context.run} --restore",
        )
    return True


def open_what_is_used(vault: Vault, context: RunContext, state: RunState) -> None:
    """Open all that the steps read which are not done yet. UsageError, before a host is asked."""
    for step in context.plan.steps.values():
        written = step.step
        for host in step.hosts:
            task = state.tasks.get(TaskKey(step.path, host))
            if task and task.outcome and TaskStatus(task.outcome.status).satisfies:
                continue
            scope = context.variables(step, host)
            used = [written.module.args, dict(written.environment), written.loop]
            read = context.templates.reads(used, scope)
            for text in written.when:
                read |= context.templates.reads(text, scope, condition=True)
            for value in _secret_values([*used, *(unresolved(scope, name) for name in read)]):
                if isinstance(value, Sealed):
                    vault.open(value)


def _opened(
    vault: Vault,
    context: RunContext,
    value: Sealed | Text,
    scope: Mapping[str, Any],
    missing: set[str],
) -> frozenset[str]:
    """The names that are known once a value is opened, if any of them is missing."""
    if isinstance(value, Text):
        names = variables(str(value))
        if names & missing:
            vault.environment(value)
        return names
    names, rendered = variables(value.reference), variables(f"{value.reference}#rendered")
    if names & missing:
        vault.open(value)
    if rendered & missing:
        context.templates.render(value, scope)
    return names | rendered


def _secret_values(value: Any) -> Iterator[Sealed | Text]:
    """What is encrypted, or in the environment, anywhere inside."""
    if isinstance(value, Sealed) or (isinstance(value, Text) and value.startswith("env:")):
        yield value
        return
    for item in _parts(value):
        yield from _secret_values(item)


def _parts(value: Any) -> Iterable[Any]:
    # Other mappings, such as `hostvars`, are evaluated when they are looked into.
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, list | tuple):
        return value
    return [getattr(value, one.name) for one in fields(value)] if is_dataclass(value) else ()
