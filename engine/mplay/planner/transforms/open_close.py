"""Lets the batches of a block follow each other."""

from __future__ import annotations

from mplay.model.plan import Node, NodeKind, Role, Section
from mplay.planner.draft import BlockItem, Draft, StepItem, Tasks
from mplay.planner.ends import Ends
from mplay.planner.nodes import FIRST, LAST, close_id, last_number, open_id, task_id


def open_close(draft: Draft) -> None:
    """Add OPEN and CLOSE of each batch: before and after all of its tasks and inner batches."""
    ends = Ends(draft)
    graph = draft.graphs[Section.STEPS]
    for block in draft.blocks():
        for batch in range(len(block.batches)):
            _add(draft, graph, block, batch)
            _follow(draft, graph, block, batch)
            _wait(graph, block, batch, ends)
    for item in draft.steps():
        if item.role is not Role.BETWEEN:
            _enclose(draft, graph, item)


def _add(draft: Draft, graph: Tasks, block: BlockItem, batch: int) -> None:
    begin, end = open_id(block.path, batch), close_id(block.path, batch)
    opened = Node(id=begin, kind=NodeKind.OPEN, path=block.path, batch=batch)
    closed = Node(id=end, kind=NodeKind.CLOSE, path=block.path, batch=batch)
    graph.add_node(begin, node=opened, rank=(block.number, FIRST, batch))
    graph.add_node(end, node=closed, rank=(last_number(draft, block.path), LAST, batch))
    graph.add_edge(begin, end)


def _follow(draft: Draft, graph: Tasks, block: BlockItem, batch: int) -> None:
    """After the batch before it, and within the outer batch that holds it."""
    begin, end = open_id(block.path, batch), close_id(block.path, batch)
    if batch:
        graph.add_edge(close_id(block.path, batch - 1), begin)
    outside = draft.batching(block.path)
    if outside:
        outer = draft.block(outside[-1])
        holding = outer.batch_of.get(block.batches[batch][0], 0)
        graph.add_edge(open_id(outer.path, holding), begin)
        graph.add_edge(end, close_id(outer.path, holding))


def _wait(graph: Tasks, block: BlockItem, batch: int, ends: Ends) -> None:
    """For what the block needs: everywhere before the first batch, else on the batch's hosts."""
    begin = open_id(block.path, batch)
    for arrow in block.arrows:
        whole = ends.is_whole(arrow, block)
        if whole and batch:
            continue
        for host in block.batches[batch][: 1 if whole else None]:
            graph.add_edges_from((end, begin) for end in ends.of(arrow, block, host))


def _enclose(draft: Draft, graph: Tasks, item: StepItem) -> None:
    outside = draft.batching(item.path)
    if not outside:
        return
    block = draft.block(outside[-1])
    for host in item.hosts:
        batch = block.batch_of.get(host, 0)
        key = task_id(item.path, host)
        graph.add_edge(open_id(block.path, batch), key)
        graph.add_edge(key, close_id(block.path, batch))
