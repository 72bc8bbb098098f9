"""Which tasks an operator chose to undo, and who would be left standing on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mplay.model.plan import Plan
from mplay.model.state import RunState
from mplay.model.task import TaskKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The tasks to undo, and changes on other hosts that need one of them and would stay."""

    tasks: frozenset[TaskKey]
    dependants: tuple[TaskKey, ...] = ()

    def __contains__(self, key: TaskKey) -> bool:
        return key.whole in self.tasks


def choose(
    plan: Plan, state: RunState, *, step: str = "", hosts: Collection[str] | None = None
) -> Choice:
    """The tasks that ``rollback --step STEP --limit HOSTS`` means.

    `step` (a step's or block's path, '' for all) takes what needs it along, and every later task
    of the run on the same hosts. `hosts` are subjects; their delegated tasks come along.
    """
    order = _order(state)
    chosen = {key for key in order if hosts is None or key.subject in hosts}
    if step:
        chosen = _from_step(plan, order, chosen, step)
    rest = [key for key in order if key not in chosen]
    dependants = tuple(key for key in rest if _stands_on(plan, key, chosen))
    return Choice(tasks=frozenset(chosen), dependants=dependants)


def _order(state: RunState) -> Mapping[TaskKey, int]:
    """The standing tasks, whole, by when they first began."""
    order: dict[TaskKey, int] = {}
    for attempt in state.standing:
        order.setdefault(attempt.key.whole, attempt.seq)
    return order


def _from_step(
    plan: Plan, order: Mapping[TaskKey, int], among: set[TaskKey], step: str
) -> set[TaskKey]:
    named = {key for key in among if key.path == step or key.path.startswith(f"{step}/")}
    first = {host: min(order[k] for k in named if k.subject == host) for host in _subjects(named)}
    later = {k for k in among if k.subject in first and order[k] >= first[k.subject]}
    while more := {k for k in among - later if _stands_on(plan, k, later)}:
        later |= more
    return later


def _subjects(keys: Collection[TaskKey]) -> set[str]:
    return {key.subject for key in keys}


def _stands_on(plan: Plan, key: TaskKey, chosen: Collection[TaskKey]) -> bool:
    """Whether a task needs one of the chosen, by a need that reaches over hosts."""
    steps = plan.steps
    if key.path not in steps:
        return False
    needed, queue = set(), list(steps[key.path].needs)
    while queue:
        path = queue.pop()
        for found in (p for p in steps if p == path or p.startswith(f"{path}/")):
            if found not in needed:
                needed.add(found)
                queue.extend(steps[found].needs)
    own_block = steps[key.path].block
    return any(
        other.path in needed
        and (other.subject == key.subject or not own_block or steps[other.path].block != own_block)
        for other in chosen
    )
