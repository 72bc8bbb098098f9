"""What ``--list-hosts``, ``--list-tasks`` and ``--list-tags`` print, in Ansible's manner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mplay.model.plan import Plan, PlannedStep
from mplay.report.redact import one_line


def listing_lines(plan: Plan, playbook: str, wanted: Sequence[str]) -> Iterator[str]:
    """The lists for people; `wanted` holds ``hosts``, ``tasks``, ``tags``."""
    yield f"playbook: {playbook}  {one_line(plan.name)}"
    if "hosts" in wanted:
        yield f"  hosts ({len(plan.hosts)}):"
        yield from (f"    {host}" for host in plan.hosts)
    if "tasks" in wanted:
        yield f"  tasks ({len(plan.steps)}):"
        width = max((len(path) for path in plan.steps), default=0)
        for step in plan.steps.values():
            hosts = f"{len(step.hosts)} host{'' if len(step.hosts) == 1 else 's'}"
            line = f"    {step.path:{width}}  {step.step.module.name}  {hosts}"
            yield f"{line}  TAGS: [{', '.join(step.step.tags)}]"
    if "tags" in wanted:
        yield f"  TASK TAGS: [{', '.join(_tags(plan))}]"


def listing_document(plan: Plan, playbook: str, wanted: Sequence[str]) -> dict[str, Any]:
    """The lists for programs, those that are wanted."""
    lists: dict[str, Any] = {
        "hosts": list(plan.hosts),
        "tasks": [_task(step) for step in plan.steps.values()],
        "tags": _tags(plan),
    }
    named = {name: found for name, found in lists.items() if name in wanted}
    return {"playbook": playbook, "name": plan.name, **named}


def _task(step: PlannedStep) -> dict[str, Any]:
    return {
        "step": step.path,
        "name": step.step.name,
        "module": str(step.step.module.name),
        "hosts": list(step.hosts),
        "tags": list(step.step.tags),
    }


def _tags(plan: Plan) -> list[str]:
    return sorted({tag for step in plan.steps.values() for tag in step.step.tags})
