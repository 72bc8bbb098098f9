"""Puts a block's bracket around its steps."""

from __future__ import annotations

from collections.abc import Iterable

from mplay.model.host import LOCALHOST
from mplay.model.plan import Role
from mplay.planner.draft import Arrow, BlockItem, Draft, StepItem


def around(draft: Draft) -> None:
    """Give bracket steps the hosts that have a step of the block, and their place in the needs.

    A host enters, does the block's steps, is checked, and leaves. Steps of brackets pass over
    localhost: a person's answer needs no way out of service.
    """
    for block in draft.blocks():
        if block.block.around:
            _narrow(draft, block)
            _order(draft, block)


def bracket(draft: Draft, block: BlockItem, role: Role) -> list[StepItem]:
    """The steps of one list of the block's bracket."""
    found = (draft.items[path] for path in block.bracket.get(role, ()))
    return [item for item in found if isinstance(item, StepItem)]


def last_of(items: Iterable[StepItem]) -> list[StepItem]:
    """Those steps of a list that no other one of it needs."""
    listed = list(items)
    needed = {arrow.path for item in listed for arrow in item.arrows}
    return [item for item in listed if item.path not in needed]


def _narrow(draft: Draft, block: BlockItem) -> None:
    busy = {h for leaf in draft.leaves(block.path) for h in leaf.hosts} - {LOCALHOST}
    for role in (Role.ENTER, Role.CHECK, Role.LEAVE):
        for item in bracket(draft, block, role):
            item.hosts = tuple(h for h in item.hosts if h in busy)


def _order(draft: Draft, block: BlockItem) -> None:
    mains = list(draft.leaves(block.path))
    own = {item.path for item in mains}
    enter, check, leave = (
        bracket(draft, block, role) for role in (Role.ENTER, Role.CHECK, Role.LEAVE)
    )
    firsts = [i for i in mains if not any(arrow.path in own for arrow in i.arrows)]
    _follow(block, firsts, last_of(enter))
    _follow(block, _first_of(check), mains)
    _follow(block, _first_of(leave), last_of(check) or mains)


def _first_of(items: list[StepItem]) -> list[StepItem]:
    own = {item.path for item in items}
    return [i for i in items if not any(arrow.path in own for arrow in i.arrows)]


def _follow(block: BlockItem, later: list[StepItem], earlier: list[StepItem]) -> None:
    for item in later:
        have = {arrow.path for arrow in item.arrows}
        item.arrows.extend(
            Arrow(path=e.path, where=item.step.where, via=block.path)
            for e in earlier
            if e.path not in have
        )
