"""Refuses needs that go round in a circle, before any host is looked at."""

from __future__ import annotations

import networkx as nx

from mplay.model.errors import Where
from mplay.planner.cycles import complain_of_cycle, find_cycle
from mplay.planner.draft import BlockItem, Draft, Tasks

_BEGIN = "begin of "


def acyclic(draft: Draft) -> None:
    """Look for a cycle among steps; a block begins before its steps and ends after them."""
    graph: Tasks = nx.DiGraph()
    for item in draft.items.values():
        first = _BEGIN + item.path if isinstance(item, BlockItem) else item.path
        graph.add_edges_from((arrow.path, first) for arrow in item.arrows)
        if isinstance(item, BlockItem):
            graph.add_edge(first, item.path)
        if item.parent:
            graph.add_edges_from([(_BEGIN + item.parent, first), (item.path, item.parent)])
    cycle = find_cycle(graph)
    if cycle:
        complain_of_cycle(draft, cycle, lambda node: node, lambda node: _place(draft, node))


def _place(draft: Draft, node: str) -> Where:
    return draft.items[node.removeprefix(_BEGIN)].source.where
