"""The module calls of a playbook, checked as far as they can be without any host.

Names of arguments are always checked. Where the arguments hold no Jinja2 the module is made of
them, which checks the values and tells the way back; else that waits until they are rendered.
"""

from __future__ import annotations

from mplay.model.change import WayBack
from mplay.model.errors import InvalidInput, Problem, UsageError
from mplay.model.host import LOCALHOST
from mplay.model.plan import PlannedStep, Role, Section
from mplay.model.playbook import ModuleCall, Step, Text
from mplay.registry import BadArguments
from mplay.registry import call as make
from mplay.sdk import Check, Module, Question
from mplay.spec.bind import bind, filled, named, problems_of, unrendered, unsealed
from mplay.spec.coercion import coerced, lacks
from mplay.spec.contents import LintContents
from mplay.spec.outline import Item, Outline
from mplay.spec.reading import Reading
from mplay.template import is_dynamic

_NO_QUESTION = ("delegate_to", "loop", "until", "retries", "throttle", "become_user", "run_once")


def check_calls(outline: Outline, reading: Reading) -> None:
    """Note what is wrong with the calls of all steps."""
    for item, step in outline.steps():
        made = _check_call(step.module, reading)
        kind = reading.module(step.module.name)
        if kind is not None:
            _check_place(item, step, kind, reading)
        if made is not None:
            for problem in _bound(step, made, item.section, item.role):
                reading.problems.add(problem.what, problem.where or step.where, problem.hint)
        for call in step.verify:
            _check_call(call, reading)
            _must_check(call, "`verify` takes checks only", reading)
        for call in step.rollback or ():
            undo = _check_call(call, reading)
            if undo is not None and undo.elsewhere() is not None:
                what = (
                    f"{call.name} reads another host here, and what undoes must not depend on one"
                )
                reading.problems.add(what, call.where, "keep what is needed where it is needed")
            _check_before(step, call, reading)


def _check_before(step: Step, call: ModuleCall, reading: Reading) -> None:
    """The journal holds nothing of what a `no_log` step saw, so its undo cannot read it there."""
    if not step.no_log:
        return
    try:
        reads = reading.renderer.reads(call.args, step.vars)
    except UsageError:
        return  # told by the check of the call
    if "before" in reads:
        what = "`rollback` reads `before`, and `no_log` keeps that out of the journal"
        hint = "write the undo without `before`, or take `no_log` away"
        reading.problems.add(what, call.where, hint)


def check_bound(planned: PlannedStep, module: Module) -> list[Problem]:
    """What only a made module can tell: whether it can be undone, whether it is harmless."""
    return _bound(planned.step, module, planned.section, planned.role)


def _bound(step: Step, module: Module, section: Section, role: Role) -> list[Problem]:
    found: list[Problem] = []
    name, back = step.module.name, module.way_back()
    if step.on_change and back is not WayBack.HARMLESS:
        what = f"a step with `on_change` must be harmless, and {name} changes the host"
        hint = "it runs in a rollback too; reload or restart with `service`, for example"
        found.append(Problem(what, step.module.where, hint))
    if step.retries and back is WayBack.NONE and step.rollback is None:
        what = (
            f"`retries` of {name}: a try that failed is undone before the next, and has no way back"
        )
        hint = "say how it is undone, or take `retries` out"
        found.append(Problem(what, step.module.where, hint))
    undoable = section is Section.STEPS and role in {Role.MAIN, Role.CHECK}
    if back is WayBack.NONE and undoable and not step.irreversible and step.rollback is None:
        what = f"{name} has no way back with these arguments"
        undo = "`undo`, or " if "undo" in type(module).model_fields else ""
        hint = f"say how it is undone ({undo}`rollback`), or why not: `irreversible: REASON`"
        found.append(Problem(what, step.module.where, hint))
    return found


def _check_call(call: ModuleCall, reading: Reading) -> Module | None:
    """The module, where it can be made already."""
    module = reading.module(call.name)
    if module is None:
        return None
    problems = reading.renderer.check(call.args)
    for problem in problems:
        reading.problems.add(problem.what, problem.where or call.where, problem.hint)
    if problems:
        return None
    contents = LintContents(finder=reading.finder, renderer=reading.renderer)
    try:
        if not is_dynamic(call.args):
            return bind(call, unrendered(call.args), reading.modules, contents)
        _check_static(module, call, contents)
    except UsageError as error:
        reading.problems.take(error, call.where)
    return None


def _check_static(module: type[Module], call: ModuleCall, contents: LintContents) -> None:
    """Raise what is wrong with a call, whatever its Jinja2 will come to."""
    if isinstance(call.args, str) and module.FREE_FORM:
        return
    written = named(module, call, call.args)
    dynamic = {key for key, value in written.items() if is_dynamic(value)}
    problems: list[Problem] = []
    given = filled(module, call, written, contents, problems)
    try:
        made = make(module, coerced(module, unrendered(given)))
    except BadArguments as error:
        lacking = lacks(module, given)
        sure = [
            one
            for one in error.problems
            if (str(one.path[0]) not in dynamic if one.path else lacking)
        ]
        problems += problems_of(sure, call)
    else:
        problems += unsealed(call, made, lambda text: is_dynamic(Text(text)))
    if problems:
        raise InvalidInput(problems)


def _must_check(call: ModuleCall, rule: str, reading: Reading) -> None:
    module = reading.module(call.name)
    if module is not None and not issubclass(module, Check):
        reading.problems.add(f"{rule}, and {call.name} is none", call.where)


def _check_place(item: Item, step: Step, module: type[Module], reading: Reading) -> None:
    """Note a module that cannot stand where it stands."""
    if item.section is Section.VALIDATE:
        _must_check(step.module, "`validate` takes checks only", reading)
    if item.role is Role.CHECK:
        _must_check(step.module, "`check` of `around` takes checks only", reading)
    if step.until is not None and not issubclass(module, Check):
        what = f"`until` polls a check, and {step.module.name} is none"
        reading.problems.add(what, step.module.where)
    if step.local and step.delegate_to is not None:
        what = f"{step.module.name} works on the controller: it takes no `delegate_to`"
        reading.problems.add(what, step.delegate_to.where)
    if issubclass(module, Question):
        _check_question(item, step, reading)


def _check_question(item: Item, step: Step, reading: Reading) -> None:
    """A person is asked once, on the controller."""
    name = step.module.name
    if item.bracket:
        reading.problems.add(f"{name} cannot stand in `around`", step.module.where)
    if step.hosts is not None and step.hosts != LOCALHOST:
        what = f"{name} is asked once, on {LOCALHOST}: it takes no `hosts`"
        reading.problems.add(what, step.hosts.where)
    given = [key for key in _NO_QUESTION if getattr(step, key)]
    given += ["verify"] if step.verify else []
    given += ["rollback"] if step.rollback is not None else []
    for key in given:
        reading.problems.add(f"{name} is asked once: it takes no `{key}`", step.where)
