"""Whether a task runs at all, on which items, and as what: everything before its probe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mplay.executor.attempt import Bound
from mplay.executor.context import LATE, RunContext
from mplay.executor.probing import Probe
from mplay.executor.results import Results
from mplay.model.errors import UsageError
from mplay.model.plan import PlannedStep
from mplay.model.playbook import ModuleCall
from mplay.model.task import TaskKey
from mplay.sdk import Action, Check, Module, Question, State
from mplay.template import Scope

_ALWAYS_LATE = LATE - {"facts"}

FactSource = Callable[[str], Mapping[str, str]]
"""Gives the facts of a host by its name."""


class Deciding:
    """Decides by variables and results; touches no host."""

    def __init__(self, context: RunContext, results: Results, facts: FactSource) -> None:
        self._context = context
        self._results = results
        self._facts = facts
        self._early: dict[tuple[str, str], Bound] = {}
        self._probes: dict[tuple[str, str], Probe] = {}

    def variables(self, step: PlannedStep, subject: str, **more: Any) -> Scope:
        """All that the task may read."""
        return self._context.variables(
            step, subject, results=self._results, facts=self._facts(subject), more=more
        )

    def skip(self, step: PlannedStep, subject: str) -> str:
        """Why the task is not to run, or ''."""
        if step.reacts_to and not self._changed(step, subject):
            return "nothing that it reacts to has changed here"
        if step.step.loop is not None and self._reads_item(step):
            return ""
        return self._when(step, self.variables(step, subject))

    def _changed(self, step: PlannedStep, subject: str) -> bool:
        for source in step.reacts_to:
            by_host = self._results.of(source)
            if subject in by_host and by_host[subject].changed:
                return True
        return False

    def _reads_item(self, step: PlannedStep) -> bool:
        reads = self._context.templates.reads
        return any("item" in reads(t, step.step.vars, condition=True) for t in step.step.when)

    def _when(self, step: PlannedStep, variables: Mapping[str, Any]) -> str:
        for text in step.step.when:
            if not self._context.templates.condition(text, variables):
                return f"when: {text}"
        return ""

    def items(self, step: PlannedStep, subject: str) -> Sequence[Any] | None:
        """The items of its loop, or None where it has none. Located UsageError."""
        if step.step.loop is None:
            return None
        value = self._context.templates.render(step.step.loop, self.variables(step, subject))
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise UsageError(
                f"loop of {step.path} is no list but {type(value).__name__}",
                where=step.step.where,
                hint="give a list, or an expression that is one",
            )
        return list(value)

    def skip_item(self, step: PlannedStep, subject: str, item: Any) -> str:
        """Why one item is not to run, or ''; only a `when` that reads `item` may say so."""
        if not self._reads_item(step):
            return ""
        return self._when(step, self.variables(step, subject, item=item))

    def bind(self, step: PlannedStep, key: TaskKey, item: Any = None) -> Bound:
        """The task rendered: its module, account and environment. Located UsageError."""
        early = self._early.get((key.path, key.subject))
        if early is not None and early.key == key:
            return early
        return self._bind(step, key, item)

    def _bind(self, step: PlannedStep, key: TaskKey, item: Any) -> Bound:
        more = {} if key.item is None else {"item": item}
        variables = self.variables(step, key.subject, **more)
        place = self._context.place(step, key.subject)
        become, user = self._context.become(step, variables)
        environment = self._context.templates.render(dict(step.step.environment), variables)
        return Bound(
            step=step,
            key=key,
            place=place,
            module=self._module(step, key, variables),
            user=self._account(place, become=become, user=user),
            environment={str(k): str(v) for k, v in environment.items()},
            variables=variables,
        )

    def _module(self, step: PlannedStep, key: TaskKey, variables: Scope) -> Module:
        made = self._context.modules.get((key.path, key.subject))
        return made or self._context.bind(step.step.module, variables)

    def _account(self, place: str, *, become: bool, user: str) -> str:
        """The account to drop to, '' where the supervisor's own is right."""
        login = self._facts(place).get("login_user", "")
        supervisor = self._facts(place).get("supervisor_user", login)
        wanted = (user or "root") if become else login
        return "" if wanted in {"", supervisor} else wanted

    def call(self, call: ModuleCall, variables: Mapping[str, Any]) -> Module:
        """Another call of the task: one of `verify` or `rollback`."""
        return self._context.bind(call, variables)

    def early(self, step: PlannedStep, subject: str) -> Bound | None:
        """The task bound ahead of its turn, or None where that is not yet possible.

        Not possible: it loops, reacts to a change, is a check or a question, reads what is not
        there yet, or will be skipped.
        """
        key = (step.path, subject)
        if key in self._early:
            return self._early[key]
        if step.step.loop is not None or step.reacts_to or self._is_late(step, subject):
            return None
        try:
            if self.skip(step, subject):
                return None
            bound = self._bind(step, TaskKey(step.path, subject), None)
        except UsageError:
            return None
        if isinstance(bound.module, Check | Question):
            return None
        self._early[key] = bound
        return bound

    def probe(self, bound: Bound, module: State | Action) -> Probe:
        """The task's probe; that of a task which was bound ahead is made once."""
        key = (bound.key.path, bound.key.subject)
        if self._early.get(key) is not bound:
            return bound.probing(module.probe(), confined=module.CONFINED)
        if key not in self._probes:
            self._probes[key] = bound.probing(module.probe(), confined=module.CONFINED)
        return self._probes[key]

    def _is_late(self, step: PlannedStep, subject: str) -> bool:
        """Whether the task reads what exists only once others have run."""
        written = step.step
        variables = self.variables(step, subject)
        reads = self._context.templates.reads
        read = self._context.reads(written.module, variables)
        read |= reads(dict(written.environment), variables)
        for text in written.when:
            read |= reads(text, variables, condition=True)
        return bool(read & _ALWAYS_LATE)
