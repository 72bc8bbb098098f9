"""The dry-run of a rollback: what would be undone, in which order, and what stands in its way."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from mplay.app.project import Project
from mplay.app.recall import needed_to_undo, recall
from mplay.app.reopen import cast_of, reopen
from mplay.app.rollback import Wish, check_wish, chosen
from mplay.channel.protocol import Channel, Connector
from mplay.executor.attempt import shown
from mplay.executor.backward import left_behind, three_way
from mplay.executor.context import Options, RunContext
from mplay.executor.probing import Probe, ProbeFailed, facts_of
from mplay.model.attempt import Attempt
from mplay.model.change import Facts, WayBack, unmet
from mplay.model.errors import HostError
from mplay.model.task import Outcome
from mplay.rollback.order import UndoJob, Work, undo_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoStep:
    """One thing that the rollback would do; `verdict` is a word, `why` says more.

    Verdicts: ``would undo``, ``already undone``, ``nothing to undo``, ``irreversible``,
    ``conflict``, ``unknown``, ``would run`` for steps of brackets and reactions.
    """

    work: str
    task: str
    verdict: str
    why: str = ""

    def as_json(self) -> dict[str, str]:
        """Plain data."""
        return asdict(self)


def foresee(
    project: Project, wanted: str, wish: Wish, connector: Connector
) -> tuple[str, list[UndoStep]]:
    """The run's id and the steps of its rollback, last change first. Nothing is touched."""
    with project.journal() as journal:
        run = journal.find(wanted)
        state = journal.state(run)
        check_wish(state, wish)
        if not state.attempts:
            return run, []
        context = reopen(project, state, Options())
        choice = chosen(context.plan, state, wish)
        needed = needed_to_undo(state, lambda attempt: attempt.key in choice)
        if recall(project.vault, context, needed):
            state = journal.state(run)
    undo = undo_plan(context.plan, state, choice.__contains__)
    looks = _Looks(context, connector, cast_of(state, context).become)
    steps: list[UndoStep] = []
    try:
        for node in undo.graph.nodes:
            if node.id in undo.jobs:
                steps += _steps(undo.jobs[node.id], looks)
    finally:
        looks.close()
    return run, steps


def _steps(job: UndoJob, looks: _Looks) -> list[UndoStep]:
    if job.work is not Work.UNDO:
        return [UndoStep(work=job.work, task=f"{job.path}@{job.host}", verdict="would run")]
    return [_attempt(attempt, looks) for attempt in job.attempts]


def _attempt(attempt: Attempt, looks: _Looks) -> UndoStep:
    verdict, why = _verdict(attempt, looks)
    return UndoStep(work=Work.UNDO, task=attempt.intent.task, verdict=verdict, why=why)


def _verdict(attempt: Attempt, looks: _Looks) -> tuple[str, str]:
    intent = attempt.intent
    if intent.way_back == WayBack.HARMLESS and intent.undo_calls is None:
        return "nothing to undo", ""
    if intent.way_back == WayBack.NONE or (intent.restore is None and not intent.undo_calls):
        return "irreversible", intent.irreversible
    done = attempt.outcome is not None and attempt.outcome.outcome == Outcome.DONE
    if not done:
        return "would undo", "it did not end well, so nothing is compared"
    if not intent.conflict_check:
        return "conflict", "nothing tells whether it changed since; --yes undoes it"
    try:
        now = looks.facts(attempt)
    except (ProbeFailed, HostError) as error:
        return "unknown", str(error)
    left = left_behind(attempt)
    if not unmet(left, now):
        return "would undo", ""
    if not unmet(intent.restored, now):
        return "already undone", ""
    told = "; ".join(f"{c['key']} is {c['now']!r}" for c in three_way(intent, left, now))
    return "conflict", f"somebody changed it since: {told}"


class _Looks:
    """Probes of attempts, over one channel a host."""

    def __init__(self, context: RunContext, connector: Connector, become: frozenset[str]) -> None:
        self._context = context
        self._connector = connector
        self._become = become
        self._open: dict[str, Channel] = {}

    def facts(self, attempt: Attempt) -> Facts:
        """What the attempt's probe says now. ProbeFailed, HostError."""
        intent = attempt.intent
        if intent.host not in self._open:
            self._open[intent.host] = self._connector.open(self._context.hosts[intent.host])
        probe = Probe(script=intent.probe, user=intent.user, environment=intent.environment)
        pieces = [probe.piece("probe")]
        channel = self._open[intent.host]
        found = channel.look(pieces, become=intent.host in self._become)
        return shown(facts_of(found.get("probe")), hidden=intent.no_log)

    def close(self) -> None:
        """End the connections."""
        for channel in self._open.values():
            channel.close()
