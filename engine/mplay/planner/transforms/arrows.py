"""Draws the arrows between tasks that the needs of their steps ask for."""

from __future__ import annotations

from mplay.planner.draft import Draft
from mplay.planner.ends import Ends
from mplay.planner.nodes import task_id


def arrows(draft: Draft) -> None:
    """Let each task wait for what its step needs: on its host inside a block, else everywhere."""
    ends = Ends(draft)
    for item in draft.steps():
        graph = draft.graphs[item.section]
        for host in item.hosts:
            key = task_id(item.path, host)
            if key not in graph:
                continue
            for arrow in item.arrows:
                graph.add_edges_from((end, key) for end in ends.of(arrow, item, host))
