"""Makes a task of each step on each of its hosts."""

from __future__ import annotations

import networkx as nx

from mplay.model.plan import Node, NodeKind, Role, Section
from mplay.planner.draft import Draft
from mplay.planner.nodes import AMONG, task_id


def tasks(draft: Draft) -> None:
    """Add the TASK nodes of each section's graph.

    The checks between batches have none: they run when a batch is judged, each time anew.
    """
    for section in Section:
        draft.graphs[section] = nx.DiGraph()
    for item in draft.steps():
        if item.role is Role.BETWEEN:
            continue
        graph = draft.graphs[item.section]
        inner = draft.batching(item.path)
        batch_of = draft.block(inner[-1]).batch_of if inner else {}
        for index, host in enumerate(item.hosts):
            key = task_id(item.path, host)
            batch = batch_of.get(host, 0)
            node = Node(id=key, kind=NodeKind.TASK, path=item.path, host=host, batch=batch)
            graph.add_node(key, node=node, rank=(item.number, AMONG, index))
