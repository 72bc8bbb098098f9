"""Puts every step and block of `steps` on one level, each known by its path."""

from __future__ import annotations

from collections.abc import Sequence

from mplay.model.plan import Role, Section
from mplay.model.playbook import Block, Step
from mplay.planner.draft import BlockItem, Draft, Item, StepItem


def blocks(draft: Draft) -> None:
    """Lay out the playbook's steps, blocks and brackets in file order."""
    _list(draft, draft.playbook.steps, prefix="", parent="")


def lay_out_steps(
    draft: Draft,
    steps: Sequence[Step],
    *,
    prefix: str,
    parent: str = "",
    role: Role = Role.MAIN,
    section: Section = Section.STEPS,
) -> list[str]:
    """Add a list that holds steps only, and return their paths."""
    paths: list[str] = []
    for step in steps:
        item = StepItem(
            path=f"{prefix}/{step.id}",
            parent=parent,
            number=len(draft.items),
            before=paths[-1] if paths else "",
            section=section,
            step=step,
            role=role,
        )
        if _add(draft, item):
            paths.append(item.path)
    return paths


def _list(draft: Draft, steps: Sequence[Step | Block], *, prefix: str, parent: str) -> list[str]:
    paths: list[str] = []
    for source in steps:
        path = f"{prefix}/{source.id}" if prefix else str(source.id)
        before = paths[-1] if paths else ""
        number = len(draft.items)
        item: Item
        if isinstance(source, Step):
            item = StepItem(path=path, parent=parent, number=number, before=before, step=source)
        else:
            item = BlockItem(path=path, parent=parent, number=number, before=before, block=source)
        if not _add(draft, item):
            continue
        paths.append(path)
        if isinstance(item, BlockItem):
            _inside(draft, item)
    return paths


def _inside(draft: Draft, item: BlockItem) -> None:
    path, around, between = item.path, item.block.around, item.block.between

    def bracket(steps: Sequence[Step], role: Role) -> None:
        prefix = f"{path}/{role.value}"
        item.bracket[role] = lay_out_steps(draft, steps, prefix=prefix, parent=path, role=role)

    bracket(around.enter if around else (), Role.ENTER)
    item.children = _list(draft, item.block.steps, prefix=path, parent=path)
    bracket(around.check if around else (), Role.CHECK)
    bracket(around.leave if around else (), Role.LEAVE)
    bracket(between.checks if between else (), Role.BETWEEN)


def _add(draft: Draft, item: Item) -> bool:
    twin = draft.items.get(item.path)
    if twin is None:
        draft.items[item.path] = item
        return True
    draft.complain(
        f"the id '{item.source.id}' is taken: {item.path} is at {twin.source.where}",
        item.source.where,
        "Give one of the two another id.",
    )
    return False
