"""A task forward: whether it runs, on which items, what is known of it; then its change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from mplay.executor.attempt import HIDDEN, Bound, shown
from mplay.executor.brackets import Brackets
from mplay.executor.changing import Changing, said
from mplay.executor.checking import check
from mplay.executor.consent import ASKED, REFUSED
from mplay.executor.crew import Turn
from mplay.executor.deciding import Deciding
from mplay.executor.doubt import Doubt
from mplay.executor.probing import ProbeFailed
from mplay.executor.questions import ask_person
from mplay.executor.results import Result
from mplay.executor.retrying import Retrying
from mplay.executor.running import Running
from mplay.executor.scheduler import Ended
from mplay.executor.waiting import Interrupted
from mplay.model.attempt import TaskState
from mplay.model.errors import HostError, PersonNeeded, UsageError
from mplay.model.events import Loop, OutcomeSeen, Skipped
from mplay.model.plan import Node, PlannedStep, Role, Section
from mplay.model.state import RunState
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


def _is_decided(past: TaskState) -> bool:
    """Whether the journal shows that the task was to run: it has begun, or asked a person."""
    begun = past.outcome is not None or past.items is not None or past.wait is not None
    return not past.void and (begun or bool(past.attempts))


class Forward:
    """Runs one task after another; the workers of different hosts share it."""

    def __init__(
        self,
        running: Running,
        deciding: Deciding,
        doubt: Doubt,
        brackets: Brackets,
        state: Callable[[], RunState],
    ) -> None:
        self._running = running
        self._brackets = brackets
        self._deciding = deciding
        changing = Changing(running, deciding, brackets)
        self._retrying = Retrying(running, changing, doubt, state)

    def run(self, turn: Turn, use: int = 0) -> Ended:
        """Run a step on a host; in an undo for the `use`-th time, whatever it reacts to.

        JournalError and HostLocked end the run and are not caught.
        """
        node = turn.node
        step = self._running.context.plan.steps[node.path]
        key = TaskKey(node.path, node.host, use=use or self._due(step, node.host))
        try:
            ended, result = self._run(step, key, turn, decided=bool(use))
        except Interrupted:
            # Nothing is written: whoever takes the run up does it as if it had not begun.
            ended = Ended(TaskStatus.WAITING, "interrupted")
            result = Result(status=ended.status)
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
        self, step: PlannedStep, key: TaskKey, turn: Turn, *, decided: bool
    ) -> tuple[Ended, Result]:
        past = self._running.past.task(key)
        against = past.skipped if not past.void else None
        if against is not None and not self._brackets.needs_again(step, key.subject, against):
            return Ended(TaskStatus.SKIPPED, against), Result(status=TaskStatus.SKIPPED)
        if not (decided or _is_decided(past)):
            if why := self._skip(step, key.subject):
                return self._skipped(key, why)
            wanted = self._wanted(step, key.subject)
            if wanted is None:
                return Ended(TaskStatus.WAITING, ASKED), Result(status=TaskStatus.WAITING)
            if not wanted:
                return self._skipped(key, REFUSED)
        items = self._items(step, key)
        if items is None:
            return self._one(step, key, None, turn)
        if not items:
            return self._skipped(key, "no items")
        return self._each(step, key, items, turn.node)

    def _skip(self, step: PlannedStep, host: str) -> str:
        return self._brackets.skip(step, host) or self._deciding.skip(step, host)

    def _wanted(self, step: PlannedStep, host: str) -> bool | None:
        """Whether the operator wants it, where somebody asks; None where the answer is open."""
        context = self._running.context
        consent = context.options.consent
        return consent.given(context.plan, step, host) if consent else True

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

    def _each(
        self, step: PlannedStep, key: TaskKey, items: Sequence[Any], node: Node
    ) -> tuple[Ended, Result]:
        results: list[Result] = []
        why = ""
        for index, item in enumerate(items):
            own = replace(key, item=index)
            if skipped := self._skip_item(step, own, item):
                results.append(skipped)
                continue
            ended, result = self._one(step, own, item, Turn(node))
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

    def _one(self, step: PlannedStep, key: TaskKey, item: Any, turn: Turn) -> tuple[Ended, Result]:
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
        return self._retrying.change(bound, bound.module, turn)

    def _known(self, outcome: OutcomeSeen) -> tuple[Ended, Result]:
        result = Result(status=outcome.status, facts=outcome.seen, stdout=said(outcome.output))
        return Ended(TaskStatus(outcome.status)), result

    def _check(self, bound: Bound, module: Check) -> tuple[Ended, Result]:
        begun = self._running.clock.monotonic()
        found = check(self._running, bound, module, planned=bound.step)
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
