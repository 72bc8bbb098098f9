"""Ids of steps: those that are not given are made of the name, or of the module's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from mplay.model.playbook import Block, Step, Text
from mplay.spec import forms
from mplay.spec.problems import Problems
from mplay.template import is_dynamic

Made = TypeVar("Made", Step, Step | Block)


def with_ids(made: Sequence[Made], problems: Problems) -> tuple[Made, ...]:
    """The steps of one list, each with an id of its own; a doubled one is noted."""
    seen: dict[str, Step | Block] = {}
    result: list[Made] = []
    for one in made:
        step = one if one.id else replace(one, id=_default(one))
        twin = seen.get(step.id)
        if twin is not None:
            _complain(one, twin, step.id, problems)
            continue
        seen[step.id] = one
        result.append(step)
    return tuple(result)


def _default(one: Step | Block) -> str:
    name = "" if is_dynamic(Text(one.name)) else forms.slug(one.name)
    if name:
        return name
    return forms.slug(one.module.name) or "step" if isinstance(one, Step) else "block"


def _complain(one: Step | Block, twin: Step | Block, name: str, problems: Problems) -> None:
    first = f"the first is at {twin.where}"
    if one.id and twin.id:
        problems.add(f"the id '{name}' is given twice", one.where, first)
    else:
        what = f"two steps of this list are called '{name}': give this one an `id`"
        problems.add(what, one.where, first)


def check_reserved(
    steps: Sequence[Step | Block], taken: frozenset[str], problems: Problems
) -> None:
    """Note ids whose paths belong to something else: ``web/enter/…`` is a bracket's."""
    for step in steps:
        if step.id in taken:
            what = f"the id '{step.id}' is taken here: paths below it belong to `{step.id}`"
            problems.add(what, step.where, "choose another `id`")
