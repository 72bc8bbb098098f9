"""How many hosts may work on a step, or within a block, at the same moment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from mplay.model.plan import Node, NodeKind, PlannedStep, Throttled


class Throttle:
    """Counts the hosts that run nodes of what is throttled, forward or in an undo.

    Moved by one thread.
    """

    def __init__(self, steps: Mapping[str, PlannedStep]) -> None:
        self._limits = {path: step.throttles for path, step in steps.items() if step.throttles}
        self._hosts: dict[str, Counter[str]] = defaultdict(Counter)

    def begin(self, node: Node) -> bool:
        """Whether its host may run it now; then it counts, until `end`."""
        limits = self._of(node)
        for limit in limits:
            busy = self._hosts[limit.path]
            if node.host not in busy and len(busy) >= limit.hosts:
                return False
        for limit in limits:
            self._hosts[limit.path][node.host] += 1
        return True

    def end(self, node: Node) -> None:
        """It runs no more."""
        for limit in self._of(node):
            busy = self._hosts[limit.path]
            busy[node.host] -= 1
            if not busy[node.host]:
                del busy[node.host]

    def _of(self, node: Node) -> Sequence[Throttled]:
        if node.kind is not NodeKind.TASK:
            return ()
        return self._limits.get(node.path, ())
