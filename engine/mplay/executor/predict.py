"""What a task would do: the whole of a dry-run, and the question whether a bracket is needed.

A task's facts are overlaid with what earlier tasks on the same host are predicted to leave, key by
key; so drain, then join, is told right, and so is the second of two steps on one file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mplay.executor.attempt import HIDDEN, Bound
from mplay.executor.checking import look_once, patience
from mplay.executor.deciding import Deciding
from mplay.executor.probing import ProbeFailed, ask_ahead
from mplay.executor.questions import would_ask
from mplay.executor.results import Result
from mplay.executor.running import Running
from mplay.executor.settling import refuse_own_machine
from mplay.executor.showing import refuse_shown
from mplay.executor.upcoming import Upcoming
from mplay.model.change import Certainty, Change, Facts, WayBack
from mplay.model.errors import UsageError
from mplay.model.plan import Node, PlannedStep, Role
from mplay.model.row import TaskRow
from mplay.model.task import TaskKey, TaskStatus
from mplay.sdk import Action, CannotPlan, CannotTell, Check, Module, Question, State

_AGGREGATE = (
    TaskStatus.FAILED,
    TaskStatus.UNKNOWN,
    TaskStatus.WOULD_CHANGE,
    TaskStatus.WARNING,
    TaskStatus.OK,
)
_CHANGES = {TaskStatus.WOULD_CHANGE, TaskStatus.UNKNOWN}
_BEHIND = "unknown (after {})"


@dataclass(slots=True)
class Overlay:
    """What earlier tasks are predicted to leave, by host; and which step last touched it."""

    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    touched: dict[str, str] = field(default_factory=dict)

    def copy(self) -> Overlay:
        """Another one that begins with the same."""
        facts = {place: dict(own) for place, own in self.facts.items()}
        return Overlay(facts, dict(self.touched))

    def seen(self, place: str, facts: Facts) -> Facts:
        """Facts of a host as they would be by then."""
        return {**facts, **self.facts.get(place, {})}

    def change(self, place: str, path: str, expect: Facts) -> None:
        """A task would change that host."""
        self.facts.setdefault(place, {}).update(expect)
        self.touched[place] = path


class Predictor:
    """Predicts task after task; one thread a host may use it, as each host has its own overlay."""

    def __init__(
        self, running: Running, deciding: Deciding, overlay: Overlay | None = None
    ) -> None:
        self._running = running
        self._deciding = deciding
        self.overlay = overlay or Overlay()
        self._upcoming = Upcoming(deciding)

    def predict(self, node: Node, upcoming: list[Node]) -> TaskRow:
        """The row of a step on a host."""
        step = self._running.context.plan.steps[node.path]
        key = TaskKey(node.path, node.host)
        place = self._running.context.place(step, node.host)
        row = self._row(step, key, upcoming)
        if row.status in _CHANGES:
            self.overlay.touched.setdefault(place, step.path)
        self._running.results.put(node.path, node.host, self._result(row, place))
        return row

    def _result(self, row: TaskRow, place: str) -> Result:
        return Result(
            status=row.status,
            facts=dict(self.overlay.facts.get(place, {})),
            items=tuple(self._result(item, place) for item in row.items),
        )

    def _row(self, step: PlannedStep, key: TaskKey, upcoming: list[Node]) -> TaskRow:
        unpredicted = self._unpredicted(step, key.subject)
        if unpredicted:
            return self._unknown(step, key, unpredicted)
        try:
            if why := self._deciding.skip(step, key.subject):
                return TaskRow(key=key, status=TaskStatus.SKIPPED, why=why)
            items = self._deciding.items(step, key.subject)
            if items is None:
                return self._one(step, key, None, upcoming)
            return self._looped(step, key, list(items), upcoming)
        except UsageError as error:
            return TaskRow(key=key, status=TaskStatus.FAILED, why=str(error))

    def _looped(
        self, step: PlannedStep, key: TaskKey, items: list[Any], upcoming: list[Node]
    ) -> TaskRow:
        rows = []
        for index, item in enumerate(items):
            own = TaskKey(key.path, key.subject, index)
            if why := self._deciding.skip_item(step, key.subject, item):
                rows.append(TaskRow(key=own, status=TaskStatus.SKIPPED, why=why))
            else:
                rows.append(self._one(step, own, item, upcoming))
        status = next((s for s in _AGGREGATE if any(r.status is s for r in rows)), None)
        told = [r for r in rows if r.status is status] if status else []
        return TaskRow(
            key=key,
            status=status or TaskStatus.SKIPPED,
            summary="; ".join(r.summary for r in told if r.summary),
            why="" if rows else "no items",
            diff=tuple(d for r in rows for d in r.diff),
            items=tuple(rows),
        )

    def _unpredicted(self, step: PlannedStep, subject: str) -> str:
        """A step whose outcome nobody can tell and which this one reads or reacts to."""
        if not self._reads_results(step):
            return ""
        for path in (*step.needs, *step.reacts_to):
            result = self._running.results.of(path).get(subject)
            if result and result.status == TaskStatus.UNKNOWN:
                return path
        return ""

    def _reads_results(self, step: PlannedStep) -> bool:
        reads = self._running.context.templates.reads
        vars_ = step.step.vars
        context = self._running.context
        read = context.reads(step.step.module, vars_) | reads(step.step.loop, vars_)
        for text in step.step.when:
            read |= reads(text, vars_, condition=True)
        return "results" in read

    def _unknown(self, step: PlannedStep, key: TaskKey, after: str) -> TaskRow:
        place = self._running.context.place(step, key.subject)
        return TaskRow(
            key=key,
            status=TaskStatus.UNKNOWN,
            why=_BEHIND.format(after),
            runs_on="" if place == key.subject else place,
        )

    def _one(self, step: PlannedStep, key: TaskKey, item: Any, upcoming: list[Node]) -> TaskRow:
        bound = self._deciding.bind(step, key, item)
        if isinstance(bound.module, Question):
            return TaskRow(key=key, status=TaskStatus.OK, summary=would_ask(bound.module))
        if isinstance(bound.module, Check):
            return self._check(bound, bound.module)
        return self._change(bound, upcoming)

    def _check(self, bound: Bound, module: Check) -> TaskRow:
        behind = self.overlay.touched.get(bound.place) or self._changing_need(bound)
        if behind:
            return self._unknown(bound.step, bound.key, behind)
        found = look_once(self._running, bound, module)
        status = found.status(strict=self._running.context.options.strict)
        patient = patience(bound.step.step, module).until
        if status is TaskStatus.FAILED and patient:
            why = f"not yet, and a run waits up to {patient:g} s: {found.why}"
            return self._at(bound, TaskRow(key=bound.key, status=TaskStatus.UNKNOWN, why=why))
        return self._at(bound, TaskRow(key=bound.key, status=status, why=found.why))

    def _changing_need(self, bound: Bound) -> str:
        for path in bound.step.needs:
            for result in self._running.results.of(path).values():
                if TaskStatus(result.status) in _CHANGES:
                    return path
        return ""

    def _change(self, bound: Bound, upcoming: list[Node]) -> TaskRow:
        module = bound.module
        if not isinstance(module, State | Action):
            raise TypeError(f"{type(module).__name__} is no kind of module that mplay knows")
        certainty = module.certainty()
        try:
            seen = self._facts(bound, module, upcoming)
            there = self._running.elsewhere(bound, self.overlay.seen)
            change = module.plan({**self.overlay.seen(bound.place, seen), **there})
        except (ProbeFailed, ValueError) as error:
            return self._at(bound, self._not_told(bound, error))
        if change is None:
            return self._at(bound, TaskRow(key=bound.key, status=TaskStatus.OK))
        refuse_shown(change, self._running.context.secrets, bound.step.step.where)
        refuse_own_machine(change, bound, self._running.context.hosts[bound.place])
        self.overlay.change(bound.place, bound.step.path, change.expect)
        summary = HIDDEN if bound.hidden else change.summary
        if certainty is Certainty.UNKNOWN:
            row = TaskRow(
                key=bound.key,
                status=TaskStatus.UNKNOWN,
                summary=summary,
                why="nothing says whether it is needed: give it `state` and `expect`, `creates`"
                " or `unless`",
            )
        else:
            row = TaskRow(
                key=bound.key,
                status=TaskStatus.WOULD_CHANGE,
                summary=summary,
                diff=() if bound.hidden else change.diff,
            )
        return self._at(
            bound, row, way_back=way_back(bound, module, change, self._room(bound.place))
        )

    def _room(self, place: str) -> str:
        """Where restore points are kept on a host, and how much room there is."""
        about = self._running.link(place).about
        directory, free = next(iter(about.free.items()), ("", 0)) if about else ("", 0)
        return f" on {directory} ({size(free)} free)" if directory else ""

    def _not_told(self, bound: Bound, error: Exception) -> TaskRow:
        """A probe or plan that failed: only behind an earlier change nobody can tell."""
        elsewhere = bound.module.elsewhere()
        places = [*([elsewhere.host] if elsewhere else []), bound.place]
        behind = next((self.overlay.touched[p] for p in places if p in self.overlay.touched), "")
        if behind:
            why = f"{_BEHIND.format(behind)}: {error}"
            return TaskRow(key=bound.key, status=TaskStatus.UNKNOWN, why=why)
        cannot = isinstance(error, CannotPlan) and not isinstance(error, CannotTell)
        status = TaskStatus.FAILED if cannot else TaskStatus.UNKNOWN
        return TaskRow(key=bound.key, status=status, why=str(error))

    def _facts(self, bound: Bound, module: State | Action, upcoming: list[Node]) -> Facts:
        return ask_ahead(
            self._running.link(bound.place),
            self._running.look_ahead(bound.place),
            str(bound.key),
            bound.probing(module.probe(), confined=module.CONFINED),
            lambda most: self._upcoming.probes(self._steps(upcoming), most),
        )

    def _steps(self, nodes: list[Node]) -> list[tuple[PlannedStep, str]]:
        return [(self._running.context.plan.steps[n.path], n.host) for n in nodes]

    def _at(self, bound: Bound, row: TaskRow, way_back: str = "") -> TaskRow:
        runs_on = "" if bound.place == bound.key.subject else bound.place
        return TaskRow(
            key=row.key,
            status=row.status,
            summary=row.summary,
            why=row.why,
            diff=row.diff,
            runs_on=runs_on,
            way_back=way_back,
        )


def way_back(bound: Bound, module: Module, change: Change, room: str) -> str:
    """How the change would be undone, in words; `room` says where what it needs is kept."""
    written = bound.step.step
    if written.rollback is not None:
        return "yes: " + ", ".join(call.name for call in written.rollback)
    kind = module.way_back()
    if bound.step.role is not Role.MAIN or kind is WayBack.HARMLESS:
        return "nothing to undo"
    if kind is WayBack.NONE:
        return f"irreversible: {written.irreversible}" if written.irreversible else "irreversible"
    return f"yes {size(change.needs_space)}{room}" if change.needs_space else "yes"


def size(count: int) -> str:
    """Bytes for people: ``412 MiB``."""
    value, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    return f"{value:.0f} {units[0]}"
