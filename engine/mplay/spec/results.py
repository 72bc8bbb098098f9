"""Results may be read of steps that are over: those that a step needs, directly or not."""

from __future__ import annotations

from collections.abc import Iterator

from mplay.model.errors import UsageError
from mplay.model.plan import Section
from mplay.model.playbook import Block, Step, Text
from mplay.spec.circles import Order
from mplay.spec.named import templates_of
from mplay.spec.outline import Item, Outline
from mplay.spec.problems import Problems
from mplay.spec.reading import Reading
from mplay.template import DYNAMIC, texts_in


def check_results(outline: Outline, order: Order, reading: Reading) -> None:
    """Note every ``results['…']`` of a step that need not be over by then."""
    for item, step in outline.steps():
        for text, names in _read(item, step, reading):
            for name in sorted(names):
                _check(outline, item, text, name, order, reading.problems)


def _read(item: Item, step: Step, reading: Reading) -> Iterator[tuple[Text, frozenset[str]]]:
    renderer = reading.renderer
    values = [
        step.module.args,
        step.loop,
        step.delegate_to,
        step.become,
        step.become_user,
        dict(step.environment),
        *(call.args for call in (*step.verify, *(step.rollback or ()))),
        *templates_of(reading.module(step.module.name), step.module, reading.finder),
    ]
    written = [(text, False) for text in texts_in(values)]
    for text, condition in [*written, *((text, True) for text in item.when)]:
        try:
            names = renderer.results_read(text, item.vars, condition=condition)
        except UsageError:
            continue  # it is no Jinja2, which is told already
        if names:
            yield text, names


def _check(
    outline: Outline,
    item: Item,
    text: Text,
    name: str,
    order: Order,
    problems: Problems,
) -> None:
    if name == DYNAMIC:
        what = "`results` must be read with the step written out: results['ID']"
        problems.add(what, text.where)
        return
    target = outline.find(item, name)
    if target is None:
        near = outline.near(item, name, problems)
        problems.add(f"results['{name}']: there is no such step.{near}", text.where)
    elif isinstance(target.source, Block):
        problems.add(f"results['{name}'] is a block; name a step in it", text.where)
    elif not (_earlier(target, item) or order.is_over(target, item)):
        what = f"{item.path} reads results['{name}'] but does not need {target.path}"
        problems.add(what, text.where, f"add it: needs: [{name}]")


def _earlier(target: Item, item: Item) -> bool:
    order = list(Section)
    return order.index(target.section) < order.index(item.section)
