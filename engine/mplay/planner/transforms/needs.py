"""Resolves what each step and block needs to paths."""

from __future__ import annotations

from collections.abc import Iterator

from mplay.model.errors import Where
from mplay.model.plan import Role, Section
from mplay.planner.draft import Arrow, BlockItem, Draft, Item, StepItem
from mplay.source import did_you_mean


def needs(draft: Draft) -> None:
    """Resolve `needs`; without it an item needs the one before it in its list.

    The first ones of a block need what the block needs.
    """
    for item in draft.items.values():
        item.arrows.extend(_own(draft, item))
    for item in draft.items.values():
        if item.parent and not item.arrows and not _after_the_steps(item):
            item.arrows.extend(_of_block(draft.block(item.parent)))


def resolve(draft: Draft, item: Item, name: str, where: Where) -> str:
    """The path that a name means at an item: a sibling first, then outward; '' if none."""
    prefix = item.path
    while prefix:
        prefix = prefix.rpartition("/")[0]
        candidate = f"{prefix}/{name}" if prefix else name
        if candidate in draft.items:
            return candidate
    siblings = [p for p, i in draft.items.items() if i.parent == item.parent]
    known = {*draft.items, *(p.rpartition("/")[2] for p in siblings)}
    draft.complain(
        f"{item.path} needs '{name}', which is no step",
        where,
        did_you_mean(name, known).strip()
        or "Name a step by its id among siblings, by its path elsewhere.",
    )
    return ""


def _own(draft: Draft, item: Item) -> Iterator[Arrow]:
    written = item.source.needs
    if written is None:
        if item.before:
            yield Arrow(path=item.before, where=item.source.where)
        return
    for need in written:
        path = resolve(draft, item, need.step, need.step.where)
        if path and _comes_before(draft, item, path, need.step.where):
            yield Arrow(path=path, scope=need.scope, where=need.step.where)


def _comes_before(draft: Draft, item: Item, path: str, where: Where) -> bool:
    order = list(Section)
    target = draft.items[path].section
    if order.index(target) <= order.index(item.section):
        return True
    draft.complain(
        f"{item.path} needs {path}, which runs after it: '{target.value}' follows "
        f"'{item.section.value}'",
        where,
        "Take the need away, or move one of the two.",
    )
    return False


def _of_block(block: BlockItem) -> Iterator[Arrow]:
    via = block.path if block.batching else ""
    for arrow in block.arrows:
        yield Arrow(path=arrow.path, scope=arrow.scope, where=arrow.where, via=via or arrow.via)


def _after_the_steps(item: Item) -> bool:
    return isinstance(item, StepItem) and item.role not in {Role.MAIN, Role.ENTER}
