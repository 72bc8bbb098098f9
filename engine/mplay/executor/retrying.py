"""`retries`: a change that failed is tried again, once the try before it is settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mplay.executor.attempt import HIDDEN, Bound
from mplay.executor.changing import Changing
from mplay.executor.crew import Turn
from mplay.executor.doubt import Doubt
from mplay.executor.probing import ProbeFailed
from mplay.executor.results import Result
from mplay.executor.running import Running
from mplay.executor.scheduler import Ended
from mplay.executor.waiting import pause
from mplay.model.attempt import Attempt
from mplay.model.events import Note
from mplay.model.state import RunState
from mplay.model.task import TaskStatus
from mplay.sdk import Action, CannotPlan, State

_Tried: TypeAlias = tuple[Ended, Result]


class Retrying:
    """Tries a task's change as often as its step says.

    Every try that came to a change is an attempt of its own in the journal, with its INTENT, its
    OUTCOME, and, before the next, its undo: a task has at most one attempt that is not undone.
    `state` reads the journal afresh.
    """

    def __init__(
        self,
        running: Running,
        changing: Changing,
        doubt: Doubt,
        state: Callable[[], RunState],
    ) -> None:
        self._running = running
        self._changing = changing
        self._doubt = doubt
        self._state = state

    def change(self, bound: Bound, module: State | Action, turn: Turn) -> _Tried:
        """Settle what an earlier process left open, then bring about what the task wants."""
        left, retries = bound.step.step.retries, bound.step.step.retries
        attempt = self._doubt.open_attempt(bound.key)
        while True:
            try:
                ended, result = self._once(bound, module, attempt, turn)
                why = ended.why
                if ended.status is not TaskStatus.FAILED or not left:
                    return ended, result
            except (ProbeFailed, CannotPlan) as error:
                if not left:
                    raise
                why = str(error)
            left -= 1
            self._tell(bound, retries - left, why)
            pause(self._running, bound.step)(bound.step.step.delay)
            attempt = self._open(bound)
            self._running.look_ahead(bound.place).forget()
            turn = Turn(turn.node)

    def _once(
        self, bound: Bound, module: State | Action, attempt: Attempt | None, turn: Turn
    ) -> _Tried:
        if attempt is not None:
            judged = self._doubt.settle(attempt, bound)
            if judged is not None:
                return self._changing.finish(bound, attempt.intent, judged)
        return self._changing.change(bound, module, turn)

    def _open(self, bound: Bound) -> Attempt | None:
        """The attempt that has just failed, where it came to one and still stands."""
        task = self._state().task(bound.key)
        self._changing.spent(bound.key, task.next_attempt - 1)
        return task.attempt if task.attempt and task.attempt.standing else None

    def _tell(self, bound: Bound, tries: int, why: str) -> None:
        step = bound.step.step
        said = HIDDEN if bound.hidden else why
        text = (
            f"try {tries} of {step.retries + 1} failed, the next begins in {step.delay:g} s: {said}"
        )
        self._running.recorder.write(Note(text=text, task=str(bound.key)))
