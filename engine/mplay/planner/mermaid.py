"""The plan as a Mermaid flowchart: steps, not tasks, so that it stays readable with many hosts.

A block with batches, a bracket or failures of its own is a box; `validate` and `finally` are boxes
too. An arrow is a need, a dotted one a reaction to a change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import networkx as nx

from mplay.model.plan import Graph, Node, NodeKind, Plan, PlannedBlock, PlannedStep, Section

_MOST = 4
_SECTIONS = {Section.VALIDATE: "validate", Section.FINALLY: "finally"}


def mermaid_lines(plan: Plan) -> Iterator[str]:
    """The text of the flowchart."""
    ids = {path: f"s{number}" for number, path in enumerate(plan.steps, 1)}
    yield "flowchart TD"
    inside: tuple[str, ...] = ()
    for path, step in plan.steps.items():
        boxes = _boxes(plan, step)
        shared = _shared(inside, boxes)
        for depth in range(len(inside), shared, -1):
            yield f"{'  ' * depth}end"
        for depth, box in enumerate(boxes[shared:], shared + 1):
            yield f'{"  " * depth}subgraph {_box_id(plan, box)}["{_quoted(_title(plan, box))}"]'
        inside = boxes
        yield f'{"  " * (len(boxes) + 1)}{ids[path]}["{_label(step)}"]'
    for depth in range(len(inside), 0, -1):
        yield f"{'  ' * depth}end"
    for before, arrow, after in _arrows(plan):
        yield f"  {ids[before]} {arrow} {ids[after]}"


def _boxes(plan: Plan, step: PlannedStep) -> tuple[str, ...]:
    if step.section in _SECTIONS:
        return (_SECTIONS[step.section],)
    return tuple(path for path in step.blocks if path in plan.blocks)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many boxes of both are the same, from the outside in."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return same


def _box_id(plan: Plan, box: str) -> str:
    known = [*plan.blocks, *_SECTIONS.values()]
    return f"b{known.index(box) + 1}"


def _title(plan: Plan, box: str) -> str:
    block = plan.blocks.get(box)
    return f"{box}{_batches(block)}" if block else box


def _batches(block: PlannedBlock) -> str:
    return f": {len(block.batches)} batches" if len(block.batches) > 1 else ""


def _label(step: PlannedStep) -> str:
    hosts = ", ".join(step.hosts[:_MOST]) or "no host"
    more = f" … ({len(step.hosts)} hosts)" if len(step.hosts) > _MOST else ""
    parts = (step.path, str(step.step.module.name), hosts + more)
    return "<br/>".join(_quoted(part) for part in parts)


def _arrows(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Which step waits for which, and how that is drawn; none that others imply."""
    order: nx.DiGraph[str] = nx.DiGraph()
    order.add_nodes_from(plan.steps)
    for graph in (plan.main, plan.validate, plan.finally_):
        order.add_edges_from(_waits(graph))
    if nx.is_directed_acyclic_graph(order):
        order = nx.transitive_reduction(order)
    reactions = {
        (cause, path)
        for path, step in plan.steps.items()
        for cause in step.reacts_to
        if cause in plan.steps
    }
    number = {path: place for place, path in enumerate(plan.steps)}
    every = {*order.edges, *reactions}
    for before, after in sorted(every, key=lambda edge: (number[edge[1]], number[edge[0]])):
        yield before, "-. change .->" if (before, after) in reactions else "-->", after


def _waits(graph: Graph) -> set[tuple[str, str]]:
    """The arrows of the tasks as arrows of their steps."""
    nodes = {node.id: node for node in graph.nodes}
    known: dict[str, frozenset[str]] = {}
    found: set[tuple[str, str]] = set()
    # Nodes are in a topological order, so that what a node stands for is known before it is asked.
    for node in graph.nodes:
        before = frozenset[str]().union(
            *(
                known[other]
                for other in graph.after[node.id]
                if not _is_next_batch(nodes[other], node)
            )
        )
        is_task = node.kind is NodeKind.TASK
        known[node.id] = frozenset({node.path}) if is_task else before
        if is_task:
            found |= {(path, node.path) for path in before if path != node.path}
    return found


def _is_next_batch(before: Node, node: Node) -> bool:
    """Whether an arrow only says that a batch comes after another of the same block."""
    kinds = (before.kind, node.kind)
    return kinds == (NodeKind.CLOSE, NodeKind.OPEN) and before.path == node.path


def _quoted(text: str) -> str:
    """Text as Mermaid takes it inside double quotes."""
    special = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;"}
    return "".join(special.get(character, character) for character in text)
