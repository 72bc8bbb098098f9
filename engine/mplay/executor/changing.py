"""A change: planned from what was seen, journalled, sent, compared, verified; its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mplay.channel.protocol import Frame, Reply
from mplay.executor.along import Along
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
from mplay.executor.checking import verify
from mplay.executor.crew import Turn
from mplay.executor.deciding import Deciding
from mplay.executor.link import Link
from mplay.executor.planned import Planned
from mplay.executor.probing import Probe, ask_ahead, riding_pieces
from mplay.executor.results import Result
from mplay.executor.running import Running
from mplay.executor.scheduler import Ended
from mplay.executor.settling import complete, refuse_own_machine, settled
from mplay.executor.showing import refuse_shown
from mplay.executor.upcoming import Upcoming
from mplay.model.change import Facts, WayBack
from mplay.model.errors import HostError, UsageError
from mplay.model.events import Debt, Event, Intent, OutcomeSeen, Pivot, Undone
from mplay.model.plan import Node, Role, Section
from mplay.model.playbook import ModuleCall
from mplay.model.task import Outcome, TaskKey, TaskStatus
from mplay.sdk import Action, State


def said(output: str) -> str:
    """What a step printed, as later steps read it: the last newlines left out, as in a shell."""
    return output.rstrip("\n")


@dataclass(frozen=True, slots=True)
class _Sent:
    """A planned change and its INTENT."""

    planned: Planned
    intent: Intent


class Changing:
    """Makes changes; the workers of different hosts share it."""

    def __init__(self, running: Running, deciding: Deciding, brackets: Brackets) -> None:
        self._running = running
        self._deciding = deciding
        self._brackets = brackets
        self._upcoming = Upcoming(deciding)
        self._along = Along(running, deciding, brackets)
        self._unbegun: dict[TaskKey, int] = {}

    def change(self, bound: Bound, module: State | Action, turn: Turn) -> tuple[Ended, Result]:
        """Bring about what the task wants, if that is not so already.

        Confined changes of other tasks of the turn go along in the same message. UsageError,
        ProbeFailed, HostError, and what a module's plan raises.
        """
        link, ahead = self._running.link(bound.place), self._running.look_ahead(bound.place)
        probe = self._deciding.probe(bound, module)
        later = self._later(turn.upcoming)
        here = ask_ahead(link, ahead, str(bound.key), probe, later)
        seen = {**here, **self._running.elsewhere(bound)}
        change = module.plan(seen)
        if change is None:
            self._running.look_ahead(bound.place).widen()
            return self._unchanged(bound, seen)
        self._brackets.allow_change(bound.step, bound.key.subject)
        refuse_shown(change, self._running.context.secrets, bound.step.step.where)
        refuse_own_machine(change, bound, self._running.context.hosts[bound.place])
        first = Planned(node=turn.node, bound=bound, change=change, seen=seen, probe=probe)
        return self._make(self._along.of(first, turn.ready), turn, link)

    def spent(self, key: TaskKey, attempt: int) -> None:
        """Attempts of the task up to that number are over: the next has a number of its own."""
        self._unbegun[key] = max(attempt, self._unbegun.get(key, 0))

    def _later(self, nodes: Sequence[Node]) -> Callable[[int], Mapping[str, Probe]]:
        steps = self._running.context.plan.steps
        pairs = [(steps[node.path], node.host) for node in nodes if node.path in steps]
        return lambda most: self._upcoming.probes(pairs, most)

    def _make(self, together: Sequence[Planned], turn: Turn, link: Link) -> tuple[Ended, Result]:
        sent = self._intend(together)
        ahead = self._running.look_ahead(link.host.name)
        members = {planned.node for planned in together}
        later = self._later([node for node in turn.upcoming if node not in members])
        # What is seen before a reboot says nothing about the host behind it.
        reboots = any(planned.change.reconnect for planned in together)
        riding = {} if reboots else ahead.lacking(later(1))
        frames = [
            replace(
                frame_of(
                    one.intent,
                    one.planned.change,
                    uncut=one.planned.bound.module.UNCUT,
                    riding=riding_pieces(riding) if one is sent[-1] else (),
                ),
                read=self._running.reading(one.planned.bound),
            )
            for one in sent
        ]
        try:
            replies = self._deliver(link, frames, together[0].bound)
        except HostError as lost:
            ended = [self._unknown(one, lost.problem.what) for one in sent]
        else:
            ahead.keep(riding, replies[-1].pieces)
            ended = self._ended(sent, replies)
        for one, (end, result) in zip(sent[1:], ended[1:], strict=True):
            if end.status is not TaskStatus.PENDING:
                key = one.planned.bound.key
                self._running.results.put(key.path, key.subject, result)
                turn.along[one.planned.node] = end
        return ended[0]

    def _deliver(self, link: Link, frames: Sequence[Frame], bound: Bound) -> Sequence[Reply]:
        if len(frames) > 1:
            return link.deliver_all(frames)
        return [link.deliver(frames[0], self._output(bound))]

    def _intend(self, together: Sequence[Planned]) -> list[_Sent]:
        """The INTENT of each, durable at once before any of them is sent."""
        new: list[Event] = []
        sent: list[_Sent] = []
        for planned in together:
            new += self._pivot(planned.bound)
            intent = self._intent(planned)
            new.append(intent)
            sent.append(_Sent(planned, intent))
        self._running.recorder.write_all(new)
        return sent

    def _intent(self, planned: Planned) -> Intent:
        bound, change, seen = planned.bound, planned.change, planned.seen
        past = self._running.past.tasks.get(bound.key)
        return intent_of(
            bound,
            change,
            seen,
            planned.probe,
            attempt=max(past.next_attempt if past else 1, self._unbegun.get(bound.key, 0) + 1),
            number=self._running.numbers.take(bound.place),
            undo_calls=self._undo_calls(bound, seen),
            verify=self._calls(bound.step.step.verify, bound.variables),
        )

    def _pivot(self, bound: Bound) -> Sequence[Pivot]:
        """That there is no way back from here; UsageError where nobody has said so.

        Steps of brackets and of `finally` are never undone, and need none.
        """
        step, written = bound.step, bound.step.step
        undone = step.role is Role.MAIN and step.section is Section.STEPS
        irreversible = bound.module.way_back() is WayBack.NONE and written.rollback is None
        if not (undone and irreversible):
            return ()
        if not written.irreversible:
            raise UsageError(
                f"{written.module.name} has no way back here",
                where=written.where,
                hint="give the step `irreversible: reason`, or a `rollback:` of its own",
            )
        return [Pivot(task=str(bound.key), why=written.irreversible)]

    def _undo_calls(self, bound: Bound, seen: Facts) -> Sequence[Mapping[str, Any]] | None:
        calls = bound.step.step.rollback
        if calls is None:
            return None
        templates = self._running.context.templates
        if bound.hidden and any(
            "before" in templates.reads(c.args, bound.variables) for c in calls
        ):
            raise UsageError(
                "`rollback` reads `before`, and `no_log` keeps that out of the journal",
                where=bound.step.step.where,
                hint="write the undo without `before`, or take `no_log` away",
            )
        return self._calls(calls, templates.scope(bound.variables, {"before": seen}))

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

    def _unchanged(self, bound: Bound, seen: Facts) -> tuple[Ended, Result]:
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

    def _unknown(self, sent: _Sent, why: str) -> tuple[Ended, Result]:
        """It was sent, and its host is gone: whoever takes the run up asks what became of it."""
        intent = sent.intent
        self._running.recorder.write(
            OutcomeSeen(
                task=str(sent.planned.bound.key),
                attempt=intent.attempt,
                outcome=Outcome.RUNNING,
                status=TaskStatus.UNREACHABLE,
                summary=intent.summary,
                why=why,
            )
        )
        status = TaskStatus.UNREACHABLE
        return Ended(status, why), Result(status=status)

    def _ended(self, sent: Sequence[_Sent], replies: Sequence[Reply]) -> list[tuple[Ended, Result]]:
        """How each ended; PENDING: it was not begun, and may be tried again."""
        new: list[Event] = []
        ended: list[tuple[Ended, Result]] = []
        for one, reply in zip(sent, replies, strict=True):
            bound, intent = one.planned.bound, one.intent
            if reply.outcome is Outcome.NEVER and len(sent) > 1:
                self._unbegun[bound.key] = intent.attempt
                new.append(Undone(task=intent.task, attempt=intent.attempt, result="never"))
                ended.append((Ended(TaskStatus.PENDING), Result(status=TaskStatus.PENDING)))
                continue
            judged = judge(intent, complete(self._running, intent, reply))
            judged = self._verified(bound, settled(self._running, intent, judged))
            new += self._outcome(bound, intent, judged)
            ended.append(_end(judged))
        self._running.recorder.write_all(new)
        return ended

    def finish(self, bound: Bound, intent: Intent, judged: Judged) -> tuple[Ended, Result]:
        """Verify what was done, and journal the outcome."""
        judged = self._verified(bound, judged)
        self._running.recorder.write_all(self._outcome(bound, intent, judged))
        return _end(judged)

    def _verified(self, bound: Bound, judged: Judged) -> Judged:
        if judged.outcome is not Outcome.DONE:
            return judged
        why = verify(self._running, self._deciding, bound)
        if not why:
            return judged
        why = f"verify failed: {HIDDEN}" if bound.hidden else why
        return replace(judged, status=TaskStatus.FAILED, why=why)

    def _outcome(self, bound: Bound, intent: Intent, judged: Judged) -> list[Event]:
        """The OUTCOME, and that `on_change` steps are due, so that a crash keeps the debt."""
        new: list[Event] = [outcome_event(bound.key, intent, judged)]
        if judged.outcome is not Outcome.DONE:
            return new
        for path, step in self._running.context.plan.steps.items():
            if bound.step.path in step.reacts_to and bound.key.subject in step.hosts:
                reaction = str(TaskKey(path, bound.key.subject))
                new.append(Debt(task=str(bound.key), reaction=reaction))
        return new


def _end(judged: Judged) -> tuple[Ended, Result]:
    result = Result(status=judged.status, facts=judged.seen, stdout=said(judged.output))
    return Ended(judged.status, judged.why), result
