"""Refuses an order of tasks that cannot be: a cycle that batches make of harmless needs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from mplay.model.errors import Where
from mplay.model.plan import Node, NodeKind
from mplay.planner.cycles import complain_of_cycle, find_cycle
from mplay.planner.draft import Draft, Tasks


def ordered(draft: Draft) -> None:
    """Look for a cycle among tasks and batches."""
    for graph in draft.graphs.values():
        cycle = find_cycle(graph)
        if cycle:
            name = partial(_name, graph)
            complain_of_cycle(
                draft, cycle, name, partial(_place, draft, graph), _hint(graph, cycle)
            )


def _hint(graph: Tasks, cycle: Sequence[str]) -> str:
    kinds = {graph.nodes[key]["node"].kind for key in cycle}
    if NodeKind.OPEN in kinds:
        return (
            "A batch begins when the one before it has ended: within a block with batches, need a "
            "step on the same host (take 'scope: all' away), or take 'serial' away."
        )
    return "Take one of these needs away."


def _name(graph: Tasks, key: str) -> str:
    node: Node = graph.nodes[key]["node"]
    if node.kind is NodeKind.TASK:
        return f"{node.path} on {node.host}"
    if node.kind is NodeKind.DONE:
        return f"all of {node.path}"
    word = "begin" if node.kind is NodeKind.OPEN else "end"
    return f"{word} of batch {node.batch + 1} of {node.path}"


def _place(draft: Draft, graph: Tasks, key: str) -> Where:
    node: Node = graph.nodes[key]["node"]
    return draft.items[node.path].source.where
