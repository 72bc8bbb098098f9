"""What a host still owes after an execution; only such a host keeps its lock."""

from __future__ import annotations

from mplay.model.plan import Plan
from mplay.model.state import RunState
from mplay.model.task import RunStatus

_CLEAN = {RunStatus.SUCCEEDED, RunStatus.ROLLED_BACK}


def owing(state: RunState, plan: Plan, status: RunStatus) -> set[str]:
    """Hosts with a half-done task, an unresolved undo, or that are out of service."""
    if status in _CLEAN:
        return set()
    hosts = {a.intent.host for a in state.standing if not a.known or a.undoing}
    hosts |= {a.intent.host for a in state.standing if a.undone is not None}
    return hosts | _out_of_service(state, plan)


def _out_of_service(state: RunState, plan: Plan) -> set[str]:
    out: set[str] = set()
    for block in plan.blocks.values():
        for host in (h for batch in block.batches for h in batch):
            if _last(state, block.enter, host) > _last(state, block.leave, host):
                out.add(host)
                out.update(
                    plan.steps[p].runs_on[host]
                    for p in block.enter
                    if host in plan.steps[p].runs_on
                )
    return out


def _last(state: RunState, paths: tuple[str, ...], host: str) -> int:
    ended = (
        task.seq
        for key, task in state.tasks.items()
        if key.path in paths and key.subject == host
        if task.skipped is None and task.status.satisfies
    )
    return max(ended, default=0)


def blocked_on(state: RunState) -> list[str]:
    """The hosts that have yet to say what became of a task, for people."""
    unknown: dict[str, list[str]] = {}
    for attempt in state.standing:
        if not attempt.known and attempt.intent.host in state.lost:
            unknown.setdefault(attempt.intent.host, []).append(attempt.intent.task)
    return [
        f"blocked on {host}: only it knows what became of {', '.join(tasks)}"
        for host, tasks in unknown.items()
    ]


def out_of_service(state: RunState, plan: Plan) -> list[str]:
    """The hosts whose brackets are open, for people."""
    return [
        f"{host} is out of service ({block.path})"
        for block in plan.blocks.values()
        for batch in block.batches
        for host in batch
        if _last(state, block.enter, host) > _last(state, block.leave, host)
    ]
