"""A task forward: decide, bind, probe, plan, INTENT, send, compare, verify, OUTCOME."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mplay.executor.attempt import (
    HIDDEN,
    Bound,
    Judged,
    frame_of,
    intent_of,
    judge,
    outcome_event,
    shown,
)
from mplay.executor.brackets import Brackets
from mplay.executor.checking import check, verify
from mplay.executor.deciding import Deciding
from mplay.executor.doubt import Doubt
from mplay.executor.probing import Probe, ProbeFailed, ask, ask_ahead, riding_pieces
from mplay.executor.questions import ask_person
from mplay.executor.results import Result
from mplay.executor.running import Running
from mplay.executor.scheduler import Ended
from mplay.executor.upcoming import Upcoming
from mplay.model.attempt import TaskState
from mplay.model.change import Change, Facts, WayBack, unmet
from mplay.model.errors import HostError, PersonNeeded, UsageError
from mplay.model.events import Debt, Intent, Loop, OutcomeSeen, Pivot, Skipped
from mplay.model.plan import Node, PlannedStep, Role, Section
from mplay.model.playbook import ModuleCall
from mplay.model.task import Outcome, TaskKey, TaskStatus
from mplay.sdk import Action, Check, Question, State

_WORST = (
    TaskStatus.UNREACHABLE,
    TaskStatus.FAILED,
    TaskStatus.WAITING,
    TaskStatus.CHANGED,
    TaskStatus.WARNING,
    TaskStatus.UNKNOWN,
    TaskStatus.OK,
    TaskStatus.SKIPPED,
)


def worst(statuses: Sequence[TaskStatus]) -> TaskStatus:
    """The status of a loop from those of its items; an empty loop is skipped."""
    return next((s for s in _WORST if s in statuses), TaskStatus.SKIPPED)


def _said(output: str) -> str:
    """What a step printed, as later steps read it: the last newlines left out, as in a shell."""
    return output.rstrip("\n")


def _is_decided(past: TaskState) -> bool:
    """Whether the journal shows that the task was to run: it has begun, or asked a person."""
    begun = past.outcome is not None or past.items is not None or past.wait is not None
    return not past.void and (begun or bool(past.attempts))


class Forward:
    """Runs one task after another; the workers of different hosts share it."""

    def __init__(
        self, running: Running, deciding: Deciding, doubt: Doubt, brackets: Brackets
    ) -> None:
        self._running = running
        self._brackets = brackets
        self._deciding = deciding
        self._doubt = doubt
        self._upcoming = Upcoming(deciding)

    def run(self, node: Node, upcoming: Sequence[Node], use: int = 0) -> Ended:
        """Run a step on a host; in an undo for the `use`-th time, whatever it reacts to.

        JournalError and HostLocked end the run and are not caught.
        """
        step = self._running.context.plan.steps[node.path]
        key = TaskKey(node.path, node.host, use=use or self._due(step, node.host))
        try:
            ended, result = self._run(step, key, upcoming, decided=bool(use))
        except HostError as lost:
            ended = self._never(key, TaskStatus.UNREACHABLE, lost.problem.what)
            result = Result(status=ended.status)
        except (UsageError, PersonNeeded, ProbeFailed, ValueError) as error:
            # A probe's words are its host's: they may hold what is not to be shown.
            unsaid = step.step.no_log and isinstance(error, ProbeFailed)
            why = f"its probe failed: {HIDDEN}" if unsaid else str(error)
            ended = self._never(key, TaskStatus.FAILED, why)
            result = Result(status=ended.status)
        self._running.results.put(step.path, node.host, result)
        return ended

    def _due(self, step: PlannedStep, host: str) -> int:
        if step.role in {Role.ENTER, Role.CHECK, Role.LEAVE}:
            return self._brackets.due(step, host)
        if step.section is Section.FINALLY:
            return self._running.past.last_use(TaskKey(step.path, host)) + 1
        return 1

    def _never(self, key: TaskKey, status: TaskStatus, why: str) -> Ended:
        """It did not come to a change: that is its outcome."""
        failed = status is TaskStatus.FAILED
        outcome = Outcome.FAILED if failed else Outcome.NEVER
        self._running.recorder.write(
            OutcomeSeen(task=str(key), attempt=0, outcome=outcome, status=status, why=why)
        )
        return Ended(status, why)

    def _run(
        self, step: PlannedStep, key: TaskKey, upcoming: Sequence[Node], *, decided: bool
    ) -> tuple[Ended, Result]:
        past = self._running.past.task(key)
        against = past.skipped if not past.void else None
        if against is not None and not self._brackets.needs_again(step, key.subject, against):
            return Ended(TaskStatus.SKIPPED, against), Result(status=TaskStatus.SKIPPED)
        why = "" if decided or _is_decided(past) else self._skip(step, key.subject)
        if why:
            return self._skipped(key, why)
        items = self._items(step, key)
        if items is None:
            return self._one(step, key, None, upcoming)
        if not items:
            return self._skipped(key, "no items")
        return self._each(step, key, items)

    def _skip(self, step: PlannedStep, host: str) -> str:
        return self._brackets.skip(step, host) or self._deciding.skip(step, host)

    def _skipped(self, key: TaskKey, why: str) -> tuple[Ended, Result]:
        self._running.recorder.write(Skipped(task=str(key), why=why))
        return Ended(TaskStatus.SKIPPED, why), Result(status=TaskStatus.SKIPPED)

    def _items(self, step: PlannedStep, key: TaskKey) -> Sequence[Any] | None:
        past = self._running.past.tasks.get(key)
        if past is not None and past.items is not None and not past.void:
            return past.items
        items = self._deciding.items(step, key.subject)
        if items is not None:
            self._running.recorder.write(Loop(task=str(key), items=list(items)))
        return items

    def _each(self, step: PlannedStep, key: TaskKey, items: Sequence[Any]) -> tuple[Ended, Result]:
        results: list[Result] = []
        why = ""
        for index, item in enumerate(items):
            own = replace(key, item=index)
            if skipped := self._skip_item(step, own, item):
                results.append(skipped)
                continue
            ended, result = self._one(step, own, item, ())
            results.append(result)
            if not ended.status.satisfies:
                why = ended.why
                break
        status = worst([TaskStatus(r.status) for r in results])
        return Ended(status, why), Result(status=status, items=tuple(results))

    def _skip_item(self, step: PlannedStep, key: TaskKey, item: Any) -> Result | None:
        """The result of an item that is not to run; what the journal knows is not asked again."""
        past = self._running.past.task(key)
        if _is_decided(past):
            return None
        if past.skipped is not None and not past.void:
            return Result(status=TaskStatus.SKIPPED)
        why = self._deciding.skip_item(step, key.subject, item)
        return self._skipped(key, why)[1] if why else None

    def _one(
        self, step: PlannedStep, key: TaskKey, item: Any, upcoming: Sequence[Node]
    ) -> tuple[Ended, Result]:
        past = self._running.past.tasks.get(key)
        if past and past.outcome and not past.void and TaskStatus(past.outcome.status).satisfies:
            return self._known(past.outcome)
        bound = self._deciding.bind(step, key, item)
        if isinstance(bound.module, Question):
            return ask_person(self._running, bound, bound.module)
        if isinstance(bound.module, Check):
            return self._check(bound, bound.module)
        if not isinstance(bound.module, State | Action):
            raise TypeError(f"{step.step.module.name} is no kind of module that mplay knows")
        if attempt := self._doubt.open_attempt(key):
            settled = self._doubt.settle(attempt, bound)
            if settled is not None:
                return self._finish(bound, attempt.intent, settled)
        return self._change(bound, bound.module, upcoming)

    def _known(self, outcome: OutcomeSeen) -> tuple[Ended, Result]:
        result = Result(status=outcome.status, facts=outcome.seen, stdout=_said(outcome.output))
        return Ended(TaskStatus(outcome.status)), result

    def _check(self, bound: Bound, module: Check) -> tuple[Ended, Result]:
        begun = self._running.clock.monotonic()
        found = check(self._running, bound, module)
        status = found.status(strict=self._running.context.options.strict)
        failed = status is TaskStatus.FAILED
        why = HIDDEN if bound.hidden and found.why else found.why
        self._running.recorder.write(
            OutcomeSeen(
                task=str(bound.key),
                attempt=0,
                outcome=Outcome.FAILED if failed else Outcome.DONE,
                status=status,
                seen=dict(shown(found.seen, hidden=bound.hidden)),
                why=why,
                seconds=round(self._running.clock.monotonic() - begun, 3),
                reasons=[why] if bound.hidden and why else list(found.verdict.reasons),
                measurements=dict(found.verdict.measurements),
            )
        )
        return Ended(status, why), Result(status=status, facts=found.seen)

    def _change(
        self, bound: Bound, module: State | Action, upcoming: Sequence[Node]
    ) -> tuple[Ended, Result]:
        plan = self._running.context.plan
        later = [(plan.steps[n.path], n.host) for n in upcoming]
        link, ahead = self._running.link(bound.place), self._running.look_ahead(bound.place)
        probe = bound.probing(module.probe(), confined=module.CONFINED)
        seen = ask_ahead(
            link, ahead, str(bound.key), probe, lambda most: self._upcoming.probes(later, most)
        )
        change = module.plan(seen)
        if change is None:
            return self._unchanged(bound, seen)
        self._brackets.allow_change(bound.step, bound.key.subject)
        intent = self._intend(bound, change, seen, probe)
        if change.confined:
            ahead.changed({**intent.expect, **intent.restored})
        else:
            ahead.forget()
        riding = ahead.lacking(self._upcoming.probes(later, 1))
        frame = frame_of(intent, change, uncut=module.UNCUT, riding=riding_pieces(riding))
        try:
            reply = link.deliver(frame, self._output(bound))
        except HostError as lost:
            return self._unknown(bound, intent, lost.problem.what)
        ahead.keep(riding, reply.pieces)
        judged = self._settled(bound, intent, judge(intent, reply))
        return self._finish(bound, intent, judged)

    def _unknown(self, bound: Bound, intent: Intent, why: str) -> tuple[Ended, Result]:
        """It was sent, and its host is gone: whoever takes the run up asks what became of it."""
        self._running.recorder.write(
            OutcomeSeen(
                task=str(bound.key),
                attempt=intent.attempt,
                outcome=Outcome.RUNNING,
                status=TaskStatus.UNREACHABLE,
                summary=intent.summary,
                why=why,
            )
        )
        status = TaskStatus.UNREACHABLE
        return Ended(status, why), Result(status=status)

    def _unchanged(self, bound: Bound, seen: Facts) -> tuple[Ended, Result]:
        self._running.look_ahead(bound.place).widen()
        self._running.recorder.write(
            OutcomeSeen(
                task=str(bound.key),
                attempt=0,
                outcome=Outcome.DONE,
                status=TaskStatus.OK,
                seen=dict(shown(seen, hidden=bound.hidden)),
            )
        )
        return Ended(TaskStatus.OK), Result(status=TaskStatus.OK, facts=seen)

    def _intend(self, bound: Bound, change: Change, seen: Facts, probe: Probe) -> Intent:
        self._pivot(bound)
        past = self._running.past.tasks.get(bound.key)
        intent = intent_of(
            bound,
            change,
            seen,
            probe,
            attempt=past.next_attempt if past else 1,
            number=self._running.numbers.take(bound.place),
            undo_calls=self._undo_calls(bound, seen),
            verify=self._calls(bound.step.step.verify, bound.variables),
        )
        self._running.recorder.write(intent)
        return intent

    def _pivot(self, bound: Bound) -> None:
        """Journal that there is no way back from here; UsageError where nobody has said so.

        Steps of brackets and of `finally` are never undone, and need none.
        """
        step, written = bound.step, bound.step.step
        undone = step.role is Role.MAIN and step.section is Section.STEPS
        irreversible = bound.module.way_back() is WayBack.NONE and written.rollback is None
        if not (undone and irreversible):
            return
        if not written.irreversible:
            raise UsageError(
                f"{written.module.name} has no way back here",
                where=written.where,
                hint="give the step `irreversible: reason`, or a `rollback:` of its own",
            )
        self._running.recorder.write(Pivot(task=str(bound.key), why=written.irreversible))

    def _undo_calls(self, bound: Bound, seen: Facts) -> Sequence[Mapping[str, Any]] | None:
        calls = bound.step.step.rollback
        if calls is None:
            return None
        scope = self._running.context.templates.scope
        return self._calls(calls, scope(bound.variables, {"before": seen}))

    def _calls(
        self, calls: Sequence[ModuleCall], variables: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Calls rendered, as the journal keeps them."""
        render = self._running.context.templates.render
        return [{"name": str(c.name), "args": render(c.args, variables)} for c in calls]

    def _output(self, bound: Bound) -> Any:
        if bound.hidden:
            return None
        task, host = str(bound.key), bound.key.subject
        return lambda piece, text: (
            self._running.recorder.output(task, host, text) if piece == "apply" else None
        )

    def _settled(self, bound: Bound, intent: Intent, judged: Judged) -> Judged:
        """Poll until `expect` holds, for changes that take a while to show."""
        if not intent.settle or judged.rc != 0:
            return judged
        probe = Probe(script=intent.probe, user=intent.user, environment=intent.environment)
        until = self._running.clock.monotonic() + intent.settle
        seen = judged.seen
        while unmet(intent.expect, seen) and self._running.clock.monotonic() < until:
            self._running.clock.sleep(0.5)
            seen = shown(ask(self._running.link(bound.place), probe), hidden=bound.hidden)
        if unmet(intent.expect, seen):
            return judged
        return replace(judged, outcome=Outcome.DONE, status=TaskStatus.CHANGED, seen=seen, why="")

    def _finish(self, bound: Bound, intent: Intent, judged: Judged) -> tuple[Ended, Result]:
        done = judged.outcome is Outcome.DONE
        if done and (why := verify(self._running, self._deciding, bound)):
            why = f"verify failed: {HIDDEN}" if bound.hidden else why
            judged = replace(judged, status=TaskStatus.FAILED, why=why)
        self._running.recorder.write(outcome_event(bound.key, intent, judged))
        if done:
            self._owe(bound)
        result = Result(status=judged.status, facts=judged.seen, stdout=_said(judged.output))
        return Ended(judged.status, judged.why), result

    def _owe(self, bound: Bound) -> None:
        """Journal that `on_change` steps are due, so that a crash keeps the debt."""
        for path, step in self._running.context.plan.steps.items():
            if bound.step.path in step.reacts_to and bound.key.subject in step.hosts:
                reaction = str(TaskKey(path, bound.key.subject))
                self._running.recorder.write(Debt(task=str(bound.key), reaction=reaction))
