"""`around` a block: whether a host has to leave service at all, decided before it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mplay.executor.running import Running
from mplay.executor.scheduler import Ended
from mplay.model.attempt import TaskState
from mplay.model.errors import UsageError
from mplay.model.plan import Graph, Node, NodeKind, Plan, PlannedBlock, PlannedStep, Role
from mplay.model.row import TaskRow
from mplay.model.state import RunState
from mplay.model.task import TaskKey, TaskStatus
from mplay.sdk import Check

_CHANGES = {TaskStatus.WOULD_CHANGE, TaskStatus.UNKNOWN, TaskStatus.FAILED}
_PREFIX = "decide:"

Predict = Callable[[Node], TaskRow]


def _not_needed(step: PlannedStep) -> str:
    return f"nothing in {step.block} would change here"


def has_ended_well(past: RunState, key: TaskKey) -> bool:
    """Whether a step has ended well on a host; a loop, all of its items."""
    items = past.task(key).items
    if items is None:
        return past.task(key).status.satisfies
    tasks = [past.task(replace(key, item=index)) for index in range(len(items))]
    return all(task.status.satisfies for task in tasks)


def _well(task: TaskState) -> bool:
    return task.skipped is None and not task.void and task.status.satisfies


class Brackets:
    """Decisions by block and host: only where a step would change something is it entered."""

    def __init__(self, running: Running, fresh_predict: Callable[[], Predict]) -> None:
        self._running = running
        self._fresh_predict = fresh_predict
        self._needed: dict[tuple[str, str], bool] = {}

    def decide(self, node: Node) -> Ended:
        """Ask the probes of the block's steps on that host, with a fresh overlay."""
        block = self._running.context.plan.blocks[node.path]
        needed = self._entered_before(block, node.host) or self._would_change(block, node.host)
        self._needed[block.path, node.host] = needed
        return Ended(TaskStatus.OK)

    def _entered_before(self, block: PlannedBlock, host: str) -> bool:
        past = self._running.past
        for path in block.enter:
            last = past.last_use(TaskKey(path, host))
            task = past.tasks.get(TaskKey(path, host, use=max(last, 1)))
            if task and not task.void and task.skipped is None:
                return True
        return False

    def _would_change(self, block: PlannedBlock, host: str) -> bool:
        predict = self._fresh_predict()
        for path in block.steps:
            made = self._running.context.modules.get((path, host))
            if host not in self._running.context.plan.steps[path].hosts or isinstance(made, Check):
                continue
            if has_ended_well(self._running.past, TaskKey(path, host)):
                continue
            row = predict(Node(id=f"{path}@{host}", kind=NodeKind.TASK, path=path, host=host))
            if row.status in _CHANGES:
                return True
        return False

    def due(self, step: PlannedStep, host: str) -> int:
        """Which use of a step of a bracket is due: a further one where the last is spent.

        It is spent where it was taken back with its host, and where the host was put back into
        service before all of the block was done there.
        """
        last = self._running.past.last_use(TaskKey(step.path, host))
        return max(last, 1) + int(bool(last) and self._spent(step, host, last))

    def _spent(self, step: PlannedStep, host: str, use: int) -> bool:
        past, block = self._running.past, self._running.context.plan.blocks[step.block]
        task = past.task(TaskKey(step.path, host, use=use))
        if task.void:
            return True
        entered, left = self._seq(block.enter, host), self._seq(block.leave, host)
        out_again = left > entered and not self._complete(block, host)
        return out_again if step.role is Role.ENTER else out_again or task.seq < entered

    def _seq(self, paths: tuple[str, ...], host: str) -> int:
        """The last record of those steps there, of what has ended well."""
        tasks = self._running.past.tasks.items()
        ended = (t.seq for k, t in tasks if k.path in paths and k.subject == host if _well(t))
        return max(ended, default=0)

    def _complete(self, block: PlannedBlock, host: str) -> bool:
        steps = self._running.context.plan.steps
        past = self._running.past
        return all(
            has_ended_well(past, TaskKey(path, host))
            for path in block.steps
            if host in steps[path].hosts
        )

    def open(self) -> list[tuple[PlannedBlock, str]]:
        """The hosts that are out of service: entered, and not left since."""
        found = []
        for block in self._running.context.plan.blocks.values():
            for host in (h for batch in block.batches for h in batch):
                if self._seq(block.enter, host) > self._seq(block.leave, host):
                    found.append((block, host))
        return found

    def skip(self, step: PlannedStep, host: str) -> str:
        """Why a step of a bracket is not needed on a host, or ''."""
        if step.role in {Role.MAIN, Role.BETWEEN} or self._needed.get((step.block, host), True):
            return ""
        return _not_needed(step)

    def needs_again(self, step: PlannedStep, host: str, skipped: str) -> bool:
        """Whether a host was left in service by an earlier process, and now has to leave it."""
        return skipped == _not_needed(step) and not self.skip(step, host)

    def allow_change(self, step: PlannedStep, host: str) -> None:
        """Refuse a change on a host that was left in service since nothing would change there."""
        if step.role is Role.MAIN and not self._needed.get((step.block, host), True):
            raise UsageError(
                f"{step.path} would change {host}, which it would not have done a moment ago;"
                " the host is in service",
                hint=f"mplay resume {self._running.context.run} takes it out of service first",
            )


def with_decisions(graph: Graph, plan: Plan) -> Graph:
    """The graph with a node `decide:BLOCK@HOST` before each host's bracket."""
    nodes: list[Node] = []
    after = dict(graph.after)
    brackets = {b.path: b for b in plan.blocks.values() if b.enter or b.check or b.leave}
    decided: set[str] = set()
    for node in graph.nodes:
        block = _bracket_of(node, plan, brackets)
        if block is not None:
            name = f"{_PREFIX}{block.path}@{node.host}"
            if name not in decided:
                decided.add(name)
                nodes.append(Node(id=name, kind=NodeKind.TASK, path=block.path, host=node.host))
                after[name] = tuple(n for n in after.get(node.id, ()) if _outside(n, plan, block))
            after[node.id] = (*after.get(node.id, ()), name)
        nodes.append(node)
    return Graph(nodes=tuple(nodes), after=after)


def _bracket_of(node: Node, plan: Plan, brackets: dict[str, PlannedBlock]) -> PlannedBlock | None:
    if node.kind is not NodeKind.TASK:
        return None
    return brackets.get(plan.steps[node.path].block)


def _outside(node: str, plan: Plan, block: PlannedBlock) -> bool:
    path = node.rsplit("@", 1)[0]
    return path not in plan.steps or plan.steps[path].block != block.path


def is_decision(node: Node) -> bool:
    """Whether a node is such a decision."""
    return node.id.startswith(_PREFIX)
