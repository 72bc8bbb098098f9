"""Answers of the command line, held against what a run asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mplay.model.errors import UsageError
from mplay.model.plan import Plan
from mplay.registry import Registry
from mplay.sdk import Question
from mplay.source import did_you_mean


def check_answers(plan: Plan, registry: Registry, given: Iterable[str]) -> None:
    """UsageError for an answer to what asks nobody: it would be dropped, and the run would wait.

    A question is named by its step's path, or by its last part.
    """
    paths = list(_questions(plan, registry))
    names = {*paths, *(path.rpartition("/")[2] for path in paths)}
    for name in given:
        if name in names:
            continue
        near = did_you_mean(name, names)
        asked = f"It asks: {', '.join(paths)}." if paths else "It asks nobody anything."
        raise UsageError(f"--evidence {name}: nothing of this run asks that.{near}", hint=asked)


def _questions(plan: Plan, registry: Registry) -> Iterator[str]:
    for path, step in plan.steps.items():
        module = registry.find(str(step.step.module.name))
        if module is not None and issubclass(module, Question):
            yield path
    for path, block in plan.blocks.items():
        if block.ask:
            yield f"{path}/between/ask"
