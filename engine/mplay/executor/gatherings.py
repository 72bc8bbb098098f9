"""Nodes that belong to no host: a step that is done everywhere, a batch that begins or ends."""

from __future__ import annotations

from mplay.executor.failing import Failures
from mplay.executor.questions import accept, answered
from mplay.executor.running import Running
from mplay.executor.scheduler import Ended
from mplay.model.events import Order, OutcomeSeen, Wait
from mplay.model.host import LOCALHOST
from mplay.model.plan import Node, NodeKind, PlannedBlock
from mplay.model.task import Outcome, TaskKey, TaskStatus

_OK = Ended(TaskStatus.OK)


class Gatherings:
    """Ends such nodes; only the coordinator calls it."""

    def __init__(self, running: Running, failures: Failures) -> None:
        self._running = running
        self._failures = failures

    def virtual(self, node: Node) -> Ended:
        """How a node of no host ends."""
        block = self._running.context.plan.blocks.get(node.path)
        if block is None or node.kind is NodeKind.DONE:
            return _OK
        if node.kind is NodeKind.OPEN:
            return self._open(block, node.batch)
        return self._close(block, node.batch)

    def _open(self, block: PlannedBlock, batch: int) -> Ended:
        if batch not in self._running.past.batches.get(block.path, {}):
            hosts = list(block.batches[batch])
            self._running.recorder.write(Order(block=block.path, batch=batch, hosts=hosts))
        return _OK

    def _close(self, block: PlannedBlock, batch: int) -> Ended:
        if self._failures.batch_is_lost(block, batch):
            return Ended(TaskStatus.FAILED, f"every host of batch {batch + 1} failed")
        last = batch + 1 == len(block.batches)
        asked = block.ask == "each" or (block.ask == "first" and batch == 0)
        if last or not asked or not self._changed(block, batch):
            return _OK
        return self._ask(block, batch)

    def _changed(self, block: PlannedBlock, batch: int) -> bool:
        results = self._running.results
        return any(
            result.changed
            for path in block.steps
            for host, result in results.of(path).items()
            if host in block.batches[batch]
        )

    def _ask(self, block: PlannedBlock, batch: int) -> Ended:
        key = TaskKey(f"{block.path}/between/ask", LOCALHOST, use=batch + 1)
        answer = answered(self._running, key)
        if answer is None and not self._running.context.options.say_yes:
            ask = f"batch {batch + 1} of {len(block.batches)} of {block.path} is well: go on?"
            self._running.recorder.write(Wait(task=str(key), ask=ask))
            return Ended(TaskStatus.WAITING, ask)
        accept(self._running, key, answer or "yes")
        self._running.recorder.write(
            OutcomeSeen(
                task=str(key), attempt=0, outcome=Outcome.DONE, status=TaskStatus.OK, summary="yes"
            )
        )
        return _OK
