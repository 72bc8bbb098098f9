"""Which node of a graph may run now: a pure state machine, moved by one thread."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from mplay.executor.throttling import Throttle
from mplay.model.plan import Graph, Node, NodeKind
from mplay.model.task import TaskStatus

COORDINATOR = ""
"""The place where nodes run that belong to no host."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a node ended, and what it waited for in vain if it was blocked."""

    status: TaskStatus
    why: str = ""


class Scheduler:
    """The state of every node of a graph.

    `place` says where a node runs: a host's name, or `COORDINATOR`. On one place, nodes that are
    ready come in the graph's order. A node whose need failed is *blocked*, and so are all that
    need it; a node of a host that left the run counts as met for others, and blocks its own.
    """

    def __init__(
        self, graph: Graph, place: Callable[[Node], str], throttle: Throttle | None = None
    ) -> None:
        self._throttle = throttle or Throttle({})
        self._order = {node.id: number for number, node in enumerate(graph.nodes)}
        self._nodes = graph.nodes
        self._place = {node.id: place(node) for node in graph.nodes}
        self._open = {node.id: len(set(graph.after.get(node.id, ()))) for node in graph.nodes}
        self._followers: dict[str, list[str]] = {node.id: [] for node in graph.nodes}
        for follower, needed in graph.after.items():
            for need in set(needed):
                self._followers[need].append(follower)
        self._ended: dict[str, Ended] = {}
        self._released: set[str] = set()
        self._running: set[str] = set()
        self._waiting: set[str] = set()
        self._ready: dict[str, list[int]] = {}
        for node in graph.nodes:
            self._offer(node.id)

    def _offer(self, node: str) -> None:
        if not self._open[node] and node not in self._ended:
            heapq.heappush(self._ready.setdefault(self._place[node], []), self._order[node])

    def next(self, place: str) -> Node | None:
        """The first node in file order that may run on that place now; it is then running."""
        queue, held = self._ready.get(place, []), []
        found = None
        while queue and found is None:
            number = heapq.heappop(queue)
            node = self._nodes[number]
            if node.id in self._ended or node.id in self._running:
                continue
            if self._throttle.begin(node):
                found = node
                self._running.add(node.id)
            else:
                held.append(number)
        for number in held:
            heapq.heappush(queue, number)
        return found

    def lend(self, place: str, limit: int) -> list[Node]:
        """Up to so many more nodes that may run there now; each is to be ended or given back."""
        lent: list[Node] = []
        while len(lent) < limit and (node := self.next(place)):
            lent.append(node)
        return lent

    def give_back(self, node: str) -> None:
        """A lent node was not run: it is as ready as it was before."""
        self._stop(node)
        self._offer(node)

    def places_ready(self) -> list[str]:
        """The places that have something to do."""
        return [place for place, queue in self._ready.items() if self._prune(queue)]

    def _prune(self, queue: list[int]) -> bool:
        while queue and self._nodes[queue[0]].id in self._ended:
            heapq.heappop(queue)
        return bool(queue)

    def upcoming(self, node: Node, limit: int) -> list[Node]:
        """The next task nodes of the same place in file order that have not ended, ready or not."""
        place = self._place[node.id]
        found: list[Node] = []
        for later in self._nodes[self._order[node.id] + 1 :]:
            if len(found) == limit:
                break
            if self._place[later.id] == place and later.id not in self._ended:
                found.append(later)
        return found

    def end(self, node: str, status: TaskStatus, why: str = "") -> None:
        """A node ended. One that did not end well holds its followers until `block` or `leave`."""
        self._stop(node)
        if status is TaskStatus.WAITING:
            self._waiting.add(node)
            return
        self._waiting.discard(node)
        self._ended[node] = Ended(status, why)
        if status.satisfies:
            self._release(node, self._followers[node])

    def _stop(self, node: str) -> None:
        if node in self._running:
            self._running.discard(node)
            self._throttle.end(self._nodes[self._order[node]])

    def _release(self, node: str, followers: Iterable[str]) -> None:
        if node in self._released:
            return
        self._released.add(node)
        for follower in followers:
            self._open[follower] -= 1
            self._offer(follower)

    def block(self, node: str, why: str) -> list[Node]:
        """Block all that needs a node, directly or not; returns them in order."""
        blocked, queue = [], list(self._followers[node])
        while queue:
            follower = queue.pop()
            if follower in self._ended or follower in self._running:
                continue
            self._ended[follower] = Ended(TaskStatus.BLOCKED, why)
            blocked.append(self._nodes[self._order[follower]])
            queue.extend(self._followers[follower])
        return sorted(blocked, key=lambda n: self._order[n.id])

    def leave(self, host: str, why: str) -> list[Node]:
        """A host leaves the run: its open tasks are blocked, and others no longer wait for them."""
        blocked = []
        for node in self._nodes:
            if node.kind is not NodeKind.TASK or node.host != host or node.id in self._released:
                continue
            if node.id not in self._ended:
                blocked.append(node)
                self._ended[node.id] = Ended(TaskStatus.BLOCKED, why)
            self._waiting.discard(node.id)
            self._release(
                node.id, [f for f in self._followers[node.id] if self._is_foreign(f, host)]
            )
        return blocked

    def _is_foreign(self, follower: str, host: str) -> bool:
        node = self._nodes[self._order[follower]]
        return node.kind is not NodeKind.TASK or node.host != host

    def settle(self, known: Mapping[str, TaskStatus]) -> None:
        """Nodes whose end is known from the journal: what a resume does not run again."""
        for node in self._nodes:
            if node.id in known and node.id not in self._ended:
                self.end(node.id, known[node.id])

    def status(self, node: str) -> TaskStatus:
        """How a node stands."""
        if node in self._ended:
            return self._ended[node].status
        if node in self._waiting:
            return TaskStatus.WAITING
        return TaskStatus.RUNNING if node in self._running else TaskStatus.PENDING

    @property
    def running(self) -> int:
        """How many nodes run now."""
        return len(self._running)

    @property
    def waiting(self) -> list[str]:
        """The nodes that wait for a person."""
        return sorted(self._waiting, key=self._order.__getitem__)

    @property
    def finished(self) -> bool:
        """Whether every node has ended."""
        return len(self._ended) == len(self._nodes)
