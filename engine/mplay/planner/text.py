"""What ``mplay plan`` shows: the steps in order, with hosts, batches, needs and ways back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mplay.model.plan import Plan, PlannedBlock, PlannedStep, Role

_MOST = 6
_WAYS: Mapping[str, str] = {}


def plan_lines(
    plan: Plan, digests: Mapping[str, Any], ways: Mapping[str, str] = _WAYS
) -> Iterator[str]:
    """The plan for people. `ways` says by path how a step is undone, where that is known."""
    yield f"{plan.name}: {_count(len(plan.steps), 'step')} on {_count(len(plan.hosts), 'host')}"
    if plan.partial:
        yield "partial: some steps are left out, so this run proves nothing"
    width = max((len(path) for path in plan.steps), default=0)
    inside: tuple[str, ...] = ()
    for step in plan.steps.values():
        blocks = tuple(path for path in step.blocks if path in plan.blocks)
        if blocks != inside:
            yield ""
        for path in blocks:
            if path not in inside:
                yield _block_line(plan.blocks[path])
        inside = blocks
        yield from _step_lines(plan, step, width, ways)
    yield ""
    yield f"procedure  {digests.get('procedure', '')}"
    yield f"plan       {digests.get('plan', '')}"


def plan_document(
    plan: Plan, digests: Mapping[str, Any], ways: Mapping[str, str] = _WAYS
) -> dict[str, Any]:
    """The plan for programs; steps in order."""
    return {
        "name": plan.name,
        "hosts": list(plan.hosts),
        "partial": plan.partial,
        "on_failure": plan.on_failure.value,
        "max_failed": plan.max_failed,
        "digests": {key: str(digests.get(key, "")) for key in ("procedure", "plan")},
        "blocks": [_block_document(block) for block in plan.blocks.values()],
        "steps": [_step_document(plan, step, ways) for step in plan.steps.values()],
    }


def direct_needs(plan: Plan, step: PlannedStep) -> tuple[str, ...]:
    """What a step waits for, save what its bracket makes it wait for anyway."""
    if step.role in {Role.CHECK, Role.LEAVE}:
        return ()
    return tuple(p for p in step.needs if plan.steps[p].role is Role.MAIN)


def way_back(step: PlannedStep, ways: Mapping[str, str]) -> str:
    """How a step is undone: as its author wrote, else as its module says; '' if not known."""
    if step.step.irreversible:
        return f"irreversible: {step.step.irreversible}"
    if step.step.rollback is not None:
        return f"rollback: {', '.join(call.name for call in step.step.rollback) or 'nothing'}"
    return ways.get(step.path, "")


def _block_line(block: PlannedBlock) -> str:
    notes = []
    if len(block.batches) > 1:
        batches = " | ".join(_hosts(batch) for batch in block.batches[:_MOST])
        more = f" | … {len(block.batches) - _MOST} more" if len(block.batches) > _MOST else ""
        notes.append(f"{len(block.batches)} batches: {batches}{more}")
    if block.enter or block.check or block.leave:
        notes.append("through its bracket")
    if block.soak:
        notes.append(f"waits {block.soak:g} s between batches")
    if block.ask:
        notes.append(f"asks after {'the first batch' if block.ask == 'first' else 'each batch'}")
    notes.append(
        f"at most {_count(block.max_failed, 'failed host')}, then {block.on_failure.value}"
    )
    return f"{block.path}: {'; '.join(notes)}"


def _step_lines(
    plan: Plan, step: PlannedStep, width: int, ways: Mapping[str, str]
) -> Iterator[str]:
    indent = "  " if any(path in plan.blocks for path in step.blocks) else ""
    where = _hosts(step.hosts) or "no host"
    yield f"{indent}{step.path:{width}}  {step.step.module.name:10}  {where}"
    for note in _notes(plan, step, ways):
        yield f"{indent}{'':{width}}  {note}"


def _notes(plan: Plan, step: PlannedStep, ways: Mapping[str, str]) -> Iterator[str]:
    delegates = tuple(dict.fromkeys(step.runs_on.values()))
    if delegates:
        yield f"done on {_hosts(delegates)}"
    elif step.step.delegate_to is not None and step.hosts:
        yield f"done on {step.step.delegate_to}"
    if step.reacts_to:
        yield f"only after a change of {', '.join(step.reacts_to)}"
    needs = _whole(plan, [p for p in direct_needs(plan, step) if p not in step.reacts_to])
    if needs:
        yield f"needs {', '.join(needs[:_MOST])}" + (" …" if len(needs) > _MOST else "")
    undone = way_back(step, ways)
    if undone:
        yield f"way back: {undone}"


def _whole(plan: Plan, needs: Sequence[str]) -> list[str]:
    """Needs in which a block stands for all of its steps."""
    found = dict.fromkeys(needs)
    blocks = dict.fromkeys(block for path in needs for block in plan.steps[path].blocks)
    for block in blocks:
        inside = [p for p, s in plan.steps.items() if block in s.blocks and s.role is Role.MAIN]
        if set(inside) <= found.keys():
            found = dict.fromkeys(block if path in inside else path for path in found)
    return list(found)


def _block_document(block: PlannedBlock) -> dict[str, Any]:
    return {
        "path": block.path,
        "batches": [list(batch) for batch in block.batches],
        "enter": list(block.enter),
        "steps": list(block.steps),
        "check": list(block.check),
        "leave": list(block.leave),
        "between": list(block.between),
        "soak": block.soak,
        "ask": block.ask,
        "on_failure": block.on_failure.value,
        "max_failed": block.max_failed,
    }


def _step_document(plan: Plan, step: PlannedStep, ways: Mapping[str, str]) -> dict[str, Any]:
    return {
        "step": step.path,
        "name": step.step.name,
        "module": str(step.step.module.name),
        "section": step.section.value,
        "role": step.role.value,
        "block": step.block,
        "hosts": list(step.hosts),
        "runs_on": dict(step.runs_on),
        "needs": list(direct_needs(plan, step)),
        "on_change": list(step.reacts_to),
        "on_failure": step.on_failure.value,
        "way_back": way_back(step, ways),
    }


def _hosts(hosts: Sequence[str]) -> str:
    more = f" … ({len(hosts)} hosts)" if len(hosts) > _MOST else ""
    return ", ".join(hosts[:_MOST]) + more


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
