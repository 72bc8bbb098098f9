"""Where an arrow of a task ends: the nodes that must be done before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mplay.model.plan import Role
from mplay.planner.draft import Arrow, BlockItem, Draft, Item, StepItem
from mplay.planner.nodes import add_done, close_id, done_id, task_id

Nodes = frozenset[str]
NOTHING: Nodes = frozenset()


class Ends:
    """Finds ends of arrows, adding DONE nodes to the graph as they are asked for."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._known: dict[tuple[str, str, str], Nodes] = {}

    def of(self, arrow: Arrow, item: Item, host: str) -> Nodes:
        """What must be done before `item` on this host because of that arrow."""
        target = self._draft.items[arrow.path]
        if arrow.via or target.section is not item.section:
            return NOTHING
        shared = self._draft.shared(item.path, arrow.path)
        if (arrow.scope or ("host" if shared else "all")) == "all":
            return frozenset({self.whole(arrow.path)})
        if shared:
            return self._inside(target, host, shared)
        return self._on_host(target, host)

    def is_whole(self, arrow: Arrow, item: Item) -> bool:
        """Whether the arrow ends at all hosts, so that one of a block's batches may carry it."""
        shared = self._draft.shared(item.path, arrow.path)
        return (arrow.scope or ("host" if shared else "all")) == "all"

    def whole(self, path: str) -> str:
        """The node that stands for all of a step or block."""
        item = self._draft.items[path]
        graph = self._draft.graphs[item.section]
        key = done_id(path)
        if key not in graph:
            add_done(self._draft, graph, path, key)
            graph.add_edges_from((end, key) for end in self._parts(item))
        return key

    def _parts(self, item: Item) -> Iterable[str]:
        if isinstance(item, StepItem) and item.hosts:
            return [task_id(item.path, host) for host in item.hosts]
        if isinstance(item, BlockItem) and item.batches:
            return [close_id(item.path, len(item.batches) - 1)]
        if isinstance(item, BlockItem) and not item.batching:
            return [self.whole(child) for child in item.children]
        same = [a for a in item.arrows if self._draft.items[a.path].section is item.section]
        return [self.whole(arrow.path) for arrow in same]

    def _on_host(self, target: Item, host: str) -> Nodes:
        """The ends for one host, seen from outside the target's batches."""
        if isinstance(target, StepItem):
            here = host in target.hosts
            return frozenset({task_id(target.path, host) if here else self.whole(target.path)})
        if isinstance(target, BlockItem) and not target.batching:
            return self._union(self._on_host(child, host) for child in self._last(target))
        batch = target.batch_of.get(host) if isinstance(target, BlockItem) else None
        end = self.whole(target.path) if batch is None else close_id(target.path, batch)
        return frozenset({end})

    def _inside(self, target: Item, host: str, shared: str) -> Nodes:
        """The ends for one host within the batches of the block `shared`."""
        key = (target.path, host, shared)
        if key not in self._known:
            self._known[key] = self._find_inside(target, host, shared)
        return self._known[key]

    def _find_inside(self, target: Item, host: str, shared: str) -> Nodes:
        if isinstance(target, StepItem):
            if host in target.hosts:
                return frozenset({task_id(target.path, host)})
            return self._same_batch(target, host, shared) | self._beyond(target, host)
        if isinstance(target, BlockItem) and target.batching:
            closes = self._closes(target, host, shared)
            return closes or self._beyond(target, host)
        if isinstance(target, BlockItem):
            last = self._last(target)
            return self._union(self._inside(child, host, shared) for child in last)
        return NOTHING

    def _same_batch(self, target: StepItem, host: str, shared: str) -> Nodes:
        batch_of = self._draft.block(shared).batch_of
        batch = batch_of.get(host, 0)
        members = [h for h in target.hosts if batch_of.get(h, 0) == batch]
        if len(members) <= 1:
            return frozenset(task_id(target.path, h) for h in members)
        graph = self._draft.graphs[target.section]
        innermost = self._draft.batching(target.path)[-1]
        within = "" if shared == innermost else shared
        key = done_id(target.path, batch, within)
        if key not in graph:
            add_done(self._draft, graph, target.path, key)
            graph.add_edges_from((task_id(target.path, h), key) for h in members)
        return frozenset({key})

    def _closes(self, target: BlockItem, host: str, shared: str) -> Nodes:
        batch_of = self._draft.block(shared).batch_of
        batch = batch_of.get(host, 0)
        inner = [
            k for k, members in enumerate(target.batches) if batch_of.get(members[0], 0) == batch
        ]
        return frozenset({close_id(target.path, inner[-1])}) if inner else NOTHING

    def _beyond(self, target: Item, host: str) -> Nodes:
        """What the target itself would need on a host for which it has no task."""
        carried = [replace(a, via="") for a in target.arrows if self._carries(target, a)]
        return self._union(self.of(arrow, target, host) for arrow in carried)

    def _carries(self, target: Item, arrow: Arrow) -> bool:
        if not arrow.via:
            return True
        end = self._draft.items[arrow.path]
        in_bracket = isinstance(end, StepItem) and end.role is not Role.MAIN
        return not in_bracket and bool(self._draft.shared(target.path, arrow.path))

    def _last(self, block: BlockItem) -> list[Item]:
        children = [self._draft.items[path] for path in block.children]
        needed = {arrow.path for child in children for arrow in child.arrows}
        return [child for child in children if child.path not in needed]

    @staticmethod
    def _union(found: Iterable[Nodes]) -> Nodes:
        return frozenset().union(*found)
