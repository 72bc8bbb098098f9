"""Needs that go round in a circle, found and drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import networkx as nx

from mplay.model.errors import Where
from mplay.planner.draft import Draft, Tasks


def find_cycle(graph: Tasks) -> list[str]:
    """The nodes of one cycle, each before the one that needs it; empty for none."""
    if nx.is_directed_acyclic_graph(graph):
        return []
    loops = [node for node, other in graph.edges if node == other]
    if loops:
        return loops[:1]
    knots = [knot for knot in nx.strongly_connected_components(graph) if len(knot) > 1]
    # A search of the whole graph costs its square; a cycle lies within one component.
    return [edge[0] for edge in nx.find_cycle(graph.subgraph(min(knots, key=len)))]


def complain_of_cycle(
    draft: Draft,
    cycle: Sequence[str],
    name: Callable[[str], str],
    place: Callable[[str], Where],
    hint: str = "Take one of these needs away.",
) -> None:
    """Draw the cycle as one problem: who waits for whom, and where each one is written."""
    waiting = list(reversed(cycle))
    start = min(range(len(waiting)), key=lambda i: (place(waiting[i]), i))
    turned = [*waiting[start:], *waiting[:start]]
    width = max(len(name(node)) for node in turned)
    lines = [f"    ┌─> {name(turned[0]):{width + 8}}  {place(turned[0])}"]
    lines += [f"    │     needs {name(node):{width}}  {place(node)}" for node in turned[1:]]
    lines.append(f"    └──── needs {name(turned[0])}")
    draft.complain(
        "these steps wait for each other:\n" + "\n".join(lines),
        place(turned[0]),
        hint,
    )
