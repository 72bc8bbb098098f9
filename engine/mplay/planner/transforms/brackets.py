"""Draws the arrows of a block's bracket, host by host: enter, steps, check, leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from mplay.model.host import LOCALHOST
from mplay.model.plan import Role, Section
from mplay.planner.draft import BlockItem, Draft, StepItem, Tasks
from mplay.planner.nodes import task_id
from mplay.planner.transforms.around import bracket

BRACKET = (Role.ENTER, Role.CHECK, Role.LEAVE)


def brackets(draft: Draft) -> None:
    """Order each host's passage through the brackets around it."""
    graph = draft.graphs[Section.STEPS]
    for block in draft.blocks():
        if block.block.around:
            _Passage(draft, graph, block).draw()


class _Passage:
    """The tasks of one block and its bracket, by host."""

    def __init__(self, draft: Draft, graph: Tasks, block: BlockItem) -> None:
        self._graph = graph
        self._block = block
        self._stages = {role: _by_host(bracket(draft, block, role)) for role in BRACKET}
        own = {path for role in BRACKET for path in block.bracket.get(role, ())}
        inside = [i for i in draft.steps() if block.path in draft.around(i.path)]
        self._steps = _by_host(
            i for i in inside if i.path not in own and i.role is not Role.BETWEEN
        )

    def draw(self) -> None:
        for host, steps in self._steps.items():
            if host != LOCALHOST:
                self._pass(host, steps)

    def _pass(self, host: str, steps: list[str]) -> None:
        enter, check, leave = (self._stages[role].get(host, []) for role in BRACKET)
        self._connect(self._last(enter), steps)
        served = [*steps, *self._answers(host)]
        self._connect(served, self._first(check))
        self._connect(self._last(check) or served, self._first(leave))

    def _answers(self, host: str) -> list[str]:
        """What runs once on localhost in this host's batch, the first one."""
        first = self._block.batch_of.get(host, 0) == 0
        return self._steps.get(LOCALHOST, []) if first else []

    def _connect(self, earlier: Iterable[str], later: Iterable[str]) -> None:
        ends = list(later)
        self._graph.add_edges_from((begin, end) for begin in earlier for end in ends)

    def _first(self, tasks: list[str]) -> list[str]:
        among = set(tasks)
        return [t for t in tasks if among.isdisjoint(self._graph.predecessors(t))]

    def _last(self, tasks: list[str]) -> list[str]:
        among = set(tasks)
        return [t for t in tasks if among.isdisjoint(self._graph.successors(t))]


def _by_host(items: Iterable[StepItem]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for item in items:
        for host in item.hosts:
            found[host].append(task_id(item.path, host))
    return dict(found)
