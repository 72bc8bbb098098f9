"""Finds the host that does a step for its subject."""

from __future__ import annotations

from mplay.model.errors import UsageError
from mplay.model.host import LOCALHOST
from mplay.model.playbook import Text
from mplay.planner.draft import Draft, StepItem
from mplay.planner.problems import located


def delegates(draft: Draft) -> None:
    """Ask for the delegate of each subject; where only results can tell, the run asks later."""
    known: set[str] = {LOCALHOST}
    for item in draft.steps():
        written = item.step.delegate_to
        if item.step.local:
            item.runs_on |= {host: LOCALHOST for host in item.hosts if host != LOCALHOST}
        if written is None or item.step.local:
            continue
        for host in item.hosts:
            name = _delegate(draft, item, host, written)
            if name and name != host and _exists(draft, name, written, known):
                item.runs_on[host] = name


def _delegate(draft: Draft, item: StepItem, host: str, written: Text) -> str | None:
    try:
        return draft.delegate(item.step, host)
    except UsageError as error:
        draft.problems.extend(located(error, written.where))
        return None


def _exists(draft: Draft, name: str, written: Text, known: set[str]) -> bool:
    if name in known:
        return True
    try:
        found = [host.name for host in draft.select(Text(name, written.where))]
    except UsageError as error:
        draft.problems.extend(located(error, written.where))
        return False
    if found != [name]:
        draft.complain(
            f"delegate_to names '{name}', which is not one host of the inventory", written.where
        )
        return False
    known.add(name)
    return True
