"""Needs that go round in a circle, found without recursion and drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from mplay.model.plan import Role
from mplay.model.playbook import Block
from mplay.spec.outline import Item, Outline
from mplay.spec.problems import Problems

Node: TypeAlias = tuple[str, bool]
"""A path, and whether its end is meant; a block's begin and end are two nodes."""


class Order:
    """What must be over before something begins: ``after`` maps a node to those nodes."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self.after: dict[Node, list[Node]] = {}
        self._over: dict[Node, int] = {}
        self._bits: dict[str, int] = {}
        for item in outline.items.values():
            self._add(item)

    def is_over(self, target: Item, item: Item) -> bool:
        """Whether a step is over when another begins; for brackets, when its block's steps are.

        Not to be asked where needs go in a circle.
        """
        if not self._over:
            self._bits = {path: 1 << number for number, path in enumerate(self._outline.items)}
            self._over = self._closures()
        over = self._over[item.path, False]
        if item.role in {Role.CHECK, Role.LEAVE}:
            over |= self._over[item.parent, True]
        return bool(over & self._bits[target.path])

    def _closures(self) -> dict[Node, int]:
        """For every node the ends that lie before it, one bit for each path; in one pass."""
        over: dict[Node, int] = {}
        for root in self.after:
            work = [root]
            while work:
                node = work[-1]
                missing = [n for n in self.after.get(node, ()) if n not in over]
                if missing and node not in over:
                    work += missing
                    continue
                work.pop()
                if node not in over:
                    over[node] = self._sum(node, over)
        return over

    def _sum(self, node: Node, over: dict[Node, int]) -> int:
        bits = 0
        for before in self.after.get(node, ()):
            bits |= over[before] | (self._bits[before[0]] if before[1] else 0)
        return bits

    def _add(self, item: Item) -> None:
        begin, end = (item.path, False), (item.path, True)
        self.after.setdefault(begin, [])
        self.after.setdefault(end, []).append(begin)
        if item.parent:
            self.after[begin].append((item.parent, False))
            if not item.bracket:
                self.after.setdefault((item.parent, True), []).append(end)
        for arrow in item.arrows:
            target = self._outline.items[arrow.path]
            if target.section is item.section:
                self._arrow(item, target)

    def _arrow(self, item: Item, target: Item) -> None:
        """Batches run as wholes: an arrow into or out of them is one of their whole block."""
        around = [p for p in self._outline.around(target.path) if self._outline.items[p].batching]
        own = {item.path, *self._outline.around(item.path)}
        outside = [path for path in around if path not in own]
        goal = (outside[-1] if outside else target.path, True)
        self.after[(item.path, False)].append(goal)
        reach = {target.path, *self._outline.around(target.path)}
        for block in self._outline.around(item.path):
            if self._outline.items[block].batching and block not in reach:
                self.after.setdefault((block, False), []).append(goal)


def check_circles(outline: Outline, order: Order, problems: Problems) -> bool:
    """Note a circle of needs, drawn with the places of the steps in it; whether there is none."""
    circle = _find(order.after)
    if not circle:
        return True
    paths = [path for index, (path, _) in enumerate(circle) if path != circle[index - 1][0]]
    paths = paths or [circle[0][0]]
    first = min(range(len(paths)), key=lambda at: outline.items[paths[at]].source.where)
    paths = [*paths[first:], *paths[:first], paths[first]]
    lines = [
        f"{path} ({_kind(outline, path)} at {outline.items[path].source.where})"
        for path in paths[:-1]
    ]
    problems.add(
        f"these need each other in a circle: {' -> '.join(paths)}",
        outline.items[paths[0]].source.where,
        "\n    ".join(["take one of the needs away:", *lines]),
    )
    return False


def _kind(outline: Outline, path: str) -> str:
    return "block" if isinstance(outline.items[path].source, Block) else "step"


def _find(after: dict[Node, list[Node]]) -> Sequence[Node]:
    """One circle: each node is after the next, the last after the first. Empty for none."""
    done: set[Node] = set()
    for root in after:
        if root in done:
            continue
        way: dict[Node, Iterator[Node]] = {root: iter(after[root])}
        while way:
            node = next(reversed(way))
            follower = next(way[node], None)
            if follower is None:
                done.add(node)
                del way[node]
            elif follower in way:
                nodes = list(way)
                return nodes[nodes.index(follower) :]
            elif follower not in done:
                way[follower] = iter(after.get(follower, ()))
    return ()
