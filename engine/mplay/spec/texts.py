"""The texts of a playbook outside of module calls: they must at least be Jinja2."""

from __future__ import annotations

from collections.abc import Iterator

from mplay.model.playbook import Block, Playbook, Step, Value
from mplay.spec.outline import Outline
from mplay.spec.reading import Reading


def check_texts(playbook: Playbook, outline: Outline, reading: Reading) -> None:
    """Note every text that is not well-formed Jinja2."""
    values = [
        *_of_all(playbook),
        *(value for item in outline.items.values() for value in _of_all(item.source)),
        *(value for _, step in outline.steps() for value in (step.loop, step.delegate_to)),
    ]
    for problem in reading.renderer.check(values):
        reading.problems.add(problem.what, problem.where or playbook.where, problem.hint)


def _of_all(source: Playbook | Block | Step) -> Iterator[Value]:
    yield dict(source.vars)
    yield dict(source.given) if isinstance(source, Block) else {}
    yield dict(source.environment)
    yield from (source.hosts, source.become, source.become_user)
