"""Attempts that an earlier process left open: what became of them is asked, never guessed."""

from __future__ import annotations

from mplay.executor.attempt import Bound, Judged, frame_of, judge, shown
from mplay.executor.backward import Backward
from mplay.executor.backward import settled as is_settled
from mplay.executor.probing import Probe, ProbeFailed, ask
from mplay.executor.running import Running
from mplay.executor.settling import settled
from mplay.model.attempt import Attempt
from mplay.model.change import unmet
from mplay.model.errors import PersonNeeded
from mplay.model.events import Undone
from mplay.model.task import Outcome, TaskKey, TaskStatus

_ANSWERED = {Outcome.DONE, Outcome.FAILED, Outcome.TIMEOUT, Outcome.RUNNING}


class Doubt:
    """Settles attempts that have an INTENT and neither a good OUTCOME nor an UNDONE."""

    def __init__(self, running: Running, backward: Backward) -> None:
        self._running = running
        self._backward = backward

    def open_attempt(self, key: TaskKey) -> Attempt | None:
        """The attempt that has to be settled before the task may be tried again."""
        past = self._running.past.tasks.get(key)
        attempt = past.attempt if past else None
        return attempt if attempt and attempt.standing else None

    def settle(self, attempt: Attempt, bound: Bound) -> Judged | None:
        """What became of it if it is done; else it is undone, and None: try afresh.

        PersonNeeded when it can be neither: a conflict, or no way back.
        """
        intent = attempt.intent
        link = self._running.link(intent.host)
        if attempt.outcome is None or not attempt.known:
            outcome = link.outcome(intent.number, intent.attempt)
            if outcome is Outcome.NEVER:
                self._never(attempt)
                return None
            if outcome in _ANSWERED:
                reply = link.recover(frame_of(intent, None))
                if reply.outcome is Outcome.NEVER:
                    # It was handed over along with others, of which one before it failed.
                    self._never(attempt)
                    return None
                judged = settled(self._running, intent, judge(intent, reply))
                if judged.outcome is Outcome.DONE:
                    return judged
            elif outcome is Outcome.ORPHAN:
                link.kill(frame_of(intent, None))
        if (holds := self._holds(attempt)) is not None:
            return holds
        self._take_back(attempt, bound)
        return None

    def _never(self, attempt: Attempt) -> None:
        intent = attempt.intent
        self._running.recorder.write(
            Undone(task=intent.task, attempt=intent.attempt, result="never")
        )

    def _holds(self, attempt: Attempt) -> Judged | None:
        """A change whose effect is whole needs no second try, whatever ended its process."""
        intent = attempt.intent
        if not intent.expect or not intent.probe:
            return None
        probe = Probe(script=intent.probe, user=intent.user, environment=intent.environment)
        try:
            seen = shown(ask(self._running.link(intent.host), probe), hidden=intent.no_log)
        except ProbeFailed:
            return None
        if unmet(intent.expect, seen):
            return None
        if attempt.outcome is not None and attempt.outcome.outcome == Outcome.DONE:
            # Only its `verify` did not pass: that is asked again.
            return Judged(outcome=Outcome.DONE, status=TaskStatus.CHANGED, seen=seen)
        return Judged(
            outcome=Outcome.DIED,
            status=TaskStatus.CHANGED,
            seen=seen,
            why="it was cut off, and its effect is whole",
        )

    def _take_back(self, attempt: Attempt, bound: Bound) -> None:
        undone = self._backward.undo(attempt)
        if not is_settled(undone):
            raise PersonNeeded(
                f"its attempt {attempt.intent.attempt} cannot be taken back: {undone.result}"
                + (f" ({undone.why})" if undone.why else ""),
                where=str(bound.key),
                hint=f"look at the host, then: mplay show {self._running.context.run} --restore",
            )
