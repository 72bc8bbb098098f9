"""Lets steps react to the change of others."""

from __future__ import annotations

from mplay.planner.draft import Arrow, Draft, StepItem
from mplay.planner.transforms.needs import resolve


def on_change(draft: Draft) -> None:
    """Resolve `on_change`; it implies the need."""
    for item in draft.steps():
        item.reacts_to = tuple(dict.fromkeys(_sources(draft, item)))


def _sources(draft: Draft, item: StepItem) -> list[str]:
    found: list[str] = []
    for name in item.step.on_change:
        path = resolve(draft, item, name, name.where)
        if not path:
            continue
        if all(arrow.path != path for arrow in item.arrows):
            item.arrows.append(Arrow(path=path, where=name.where))
        found.extend(leaf.path for leaf in draft.leaves(path))
    return found
