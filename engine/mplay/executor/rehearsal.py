"""Rendering for every task, before any host is contacted, all that can be rendered by then.

An error there is a usage error with its place, and nothing has been touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mplay.executor.context import LATE, RunContext
from mplay.executor.showing import refuse_script
from mplay.model.errors import InvalidInput, Problem, UsageError
from mplay.model.plan import PlannedStep
from mplay.sdk import Action, Check, Module, Question, State
from mplay.template import Scope

CheckBound = Callable[[PlannedStep, Module], list[Problem]]
"""What is wrong with a step now that its module is known: no way back, for one."""


@dataclass(slots=True)
class Rehearsal:
    """What rendering has shown. `modules` are those of tasks that need no late variable."""

    modules: dict[tuple[str, str], Module] = field(default_factory=dict)
    become: set[str] = field(default_factory=set)
    """Hosts on which a task of the run wants another account."""
    changing: set[str] = field(default_factory=set)
    """Hosts that a task of the run may change."""
    problems: list[Problem] = field(default_factory=list)


def rehearse(context: RunContext, check_bound: CheckBound) -> Rehearsal:
    """Render what can be rendered. InvalidInput with everything that is wrong."""
    found = Rehearsal()
    for step in context.plan.steps.values():
        for host in step.hosts:
            try:
                _task(context, step, host, found, check_bound)
            except InvalidInput as error:
                found.problems += error.problems
            except UsageError as error:
                found.problems.append(error.problem)
    if found.problems:
        raise InvalidInput(list(dict.fromkeys(found.problems)))
    return found


def _task(
    context: RunContext,
    step: PlannedStep,
    host: str,
    found: Rehearsal,
    check_bound: CheckBound,
) -> None:
    scope = context.variables(step, host)
    place = context.place(step, host)
    become, _ = context.become(step, scope)
    if become:
        found.become.add(place)
    runs = _conditions(context, step, scope)
    late_loop = _loop(context, step, scope)
    module = None
    if step.step.loop is None and not late_loop and runs is not False:
        module = _module(context, step, scope)
    if module is not None:
        found.modules[step.path, host] = module
        found.problems += check_bound(step, module)
        if isinstance(module, State | Action | Check):
            refuse_script(module.probe(), context.secrets, step.step.where)
        _elsewhere(context, step, scope, module, found)
    if module is None or not isinstance(module, Check | Question):
        found.changing.add(place)


def _elsewhere(
    context: RunContext, step: PlannedStep, scope: Scope, module: Module, found: Rehearsal
) -> None:
    """Note a host that the task reads: whether it may, and whether that needs another account."""
    wanted = module.elsewhere()
    if wanted is None:
        return
    if wanted.host not in context.readable:
        found.problems.append(
            Problem(
                f"{step.step.module.name}: this run may not read files of '{wanted.host}'",
                step.step.module.where,
                "name a host of this run, of its environment, or of its `shared`",
            )
        )
    elif context.reading(step, scope)[0]:
        found.become.add(wanted.host)


def _conditions(context: RunContext, step: PlannedStep, scope: Scope) -> bool | None:
    """Whether it runs, as far as can be said; None: it depends."""
    known: bool | None = True
    for text in step.step.when:
        if context.templates.reads(text, scope, condition=True) & LATE:
            known = None
        elif not context.templates.condition(text, scope):
            return False
    return known


def _loop(context: RunContext, step: PlannedStep, scope: Scope) -> bool:
    """Render a loop that can be; whether it cannot be yet."""
    if step.step.loop is None:
        return False
    if context.templates.reads(step.step.loop, scope) & LATE:
        return True
    context.templates.render(step.step.loop, scope)
    return False


def _module(context: RunContext, step: PlannedStep, scope: Scope) -> Module | None:
    """The module where no argument is late; else its other arguments are rendered and None."""
    written = step.step
    args = written.module.args
    environment = dict(written.environment)
    reads = context.templates.reads
    if not (context.reads(written.module, scope) | reads(environment, scope)) & LATE:
        context.templates.render(environment, scope)
        return context.bind(written.module, scope)
    for value in (*environment.values(), *(args.values() if isinstance(args, Mapping) else ())):
        if not reads(value, scope) & LATE:
            context.templates.render(value, scope)
    return None
