"""The ids of a graph's nodes, and the order in which equal ones are listed."""

from __future__ import annotations

from mplay.model.plan import Node, NodeKind
from mplay.planner.draft import BlockItem, Draft, Tasks

FIRST, AMONG, LAST = -1, 0, 1
"""Where a node stands among those of the same number."""


def task_id(path: str, host: str) -> str:
    """The id of one step for one host."""
    return f"{path}@{host}"


def open_id(path: str, batch: int) -> str:
    """The id of the beginning of a batch."""
    return f"{NodeKind.OPEN}:{path}#{batch}"


def close_id(path: str, batch: int) -> str:
    """The id of the end of a batch."""
    return f"{NodeKind.CLOSE}:{path}#{batch}"


def done_id(path: str, batch: int | None = None, within: str = "") -> str:
    """The id of the end of a step or block.

    With `batch`: of a step's tasks in that batch; of its innermost block with batches, or of the
    block `within`.
    """
    part = "" if batch is None else f"#{batch}"
    return f"{NodeKind.DONE}:{path}{part}" + (f"/{within}" if within else "")


def add_done(draft: Draft, graph: Tasks, path: str, key: str) -> None:
    """Add a DONE node."""
    node = Node(id=key, kind=NodeKind.DONE, path=path)
    graph.add_node(key, node=node, rank=(last_number(draft, path), LAST, 0))


def last_number(draft: Draft, path: str) -> int:
    """The number of the last item in a block, or of the step itself."""
    item = draft.items[path]
    if not isinstance(item, BlockItem):
        return item.number
    inside = [*item.children, *(p for paths in item.bracket.values() for p in paths)]
    return max((last_number(draft, p) for p in inside), default=item.number)
