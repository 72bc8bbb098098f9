"""Passes what a playbook and a block say down to their steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from mplay.model.playbook import Block, Playbook, Step, Text, Value
from mplay.planner.draft import BlockItem, Draft, StepItem

Written = TypeVar("Written", Step, Block)


def inherit(draft: Draft) -> None:
    """Merge vars, environment, when and tags; take become, become_user, hosts and on_failure.

    The inner one wins, save over what an include gives to its file; conditions are asked from the
    outside in.
    """
    for item in draft.items.values():
        outer = draft.block(item.parent).block if item.parent else draft.playbook
        if isinstance(item, StepItem):
            item.step = _merged(item.step, outer, _given(outer))
        elif isinstance(item, BlockItem):
            given = {**_given(outer), **item.block.given}
            item.block = replace(_merged(item.block, outer, given), given=given)


def _given(outer: Block | Playbook) -> Mapping[str, Value]:
    return outer.given if isinstance(outer, Block) else {}


def _merged(inner: Written, outer: Block | Playbook, given: Mapping[str, Value]) -> Written:
    when: tuple[Text, ...] = outer.when if isinstance(outer, Block) else ()
    return replace(
        inner,
        hosts=_first(inner.hosts, outer.hosts),
        vars={**outer.vars, **inner.vars, **given},
        environment={**outer.environment, **inner.environment},
        when=(*when, *inner.when),
        become=_first(inner.become, outer.become),
        become_user=_first(inner.become_user, outer.become_user),
        on_failure=_first(inner.on_failure, outer.on_failure),
        tags=tuple(dict.fromkeys((*outer.tags, *inner.tags))),
    )


def _first(inner: Value, outer: Value) -> Value:
    return outer if inner is None else inner
