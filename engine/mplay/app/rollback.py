"""Rollback: undo a run, now or next week, from its journal and what its hosts kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from mplay.app.overtaking import overtaking
from mplay.app.project import Project
from mplay.app.recall import needed_to_undo, recall
from mplay.app.reopen import begun, cast_of, reopen
from mplay.app.session import Absent, Action, Cast, Session, make_module, owner
from mplay.channel.protocol import Connector
from mplay.executor.backward import Rules
from mplay.executor.context import Options, RunContext
from mplay.executor.execution import Ending, Execution
from mplay.model.errors import PersonNeeded, UsageError
from mplay.model.events import Abort, Event, Taken
from mplay.model.plan import NodeKind, Plan
from mplay.model.plan_json import plan_from_json
from mplay.model.record import Listener, Record
from mplay.model.state import RunState
from mplay.model.task import RunStatus, TaskKey
from mplay.rollback.choose import Choice, choose
from mplay.rollback.order import undo_plan
from mplay.source import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be undone: all of the run, what began with a step, on some hosts only."""

    step: str = ""
    hosts: tuple[str, ...] = ()
    keep_dependents: bool = False

    @property
    def everything(self) -> bool:
        """Whether the whole run is meant."""
        return not (self.step or self.hosts)


BY_HAND = "rolled back by the operator"
"""Why there is an ABORT where a person asked for it."""
_ENDED = {RunStatus.ROLLED_BACK, RunStatus.REFUSED, RunStatus.SUCCEEDED}
_NOTHING = Ending(status=RunStatus.ROLLED_BACK, exit=0, why="nothing of the run stands")


def rollback(
    project: Project,
    wanted: str,
    wish: Wish,
    options: Options,
    connector: Connector,
    listeners: Sequence[Listener],
    know: Callable[[Sequence[Record]], None],
) -> tuple[str, Ending]:
    """Undo a run, or the part that is wished; twice is once.

    `know` is shown what the journal holds of the run already. PersonNeeded where changes elsewhere
    would be left standing on what is undone.
    """
    with project.journal() as journal:
        run = journal.find(wanted)
        state = journal.state(run)
        check_wish(state, wish)
        held = journal.claims(run)
        nothing = state.status is RunStatus.ROLLED_BACK or not state.attempts
        if nothing and not held and state.status in _ENDED:
            return run, _NOTHING
        context = reopen(project, state, options)
        choice = chosen(context.plan, state, wish)
        secret = needed_to_undo(state, lambda attempt: attempt.key in choice)
        if recall(project.vault, context, secret):
            state = journal.state(run)
        know(journal.records(run))
        session = Session(
            journal=journal,
            context=context,
            connector=connector,
            clock=project.clock,
            place=project.place,
            make=make_module(context),
            listeners=listeners,
            rules=Rules(later=True, say_yes=options.say_yes, overtaken=overtaking(journal, run)),
        )
        taken = Taken(what="rollback", owner=owner(project.clock))
        cast = cast_of(state, context)
        if nothing:
            return run, session.execute(_only(cast, held), lambda *_: _NOTHING, [taken])
        undo = undo_plan(context.plan, state, choice.__contains__)
        needed = {*held, *(job.place for job in undo.jobs.values())}
        if wish.everything:
            needed |= _last_places(context)
        first: list[Event] = [taken, _abort(wish, choice, state)]
        return run, session.execute(_only(cast, needed), _action(choice, wish), first)


def check_wish(state: RunState, wish: Wish) -> None:
    """UsageError for a step or a host that the run does not have."""
    plan = plan_from_json(begun(state).plan)
    paths = {path.rsplit("/", n)[0] for path in plan.steps for n in range(path.count("/") + 1)}
    unknown = [h for h in wish.hosts if h not in plan.hosts]
    hint = f"see: mplay show {state.run}"
    if unknown:
        near = did_you_mean(unknown[0], plan.hosts)
        raise UsageError(f"run {state.run} has no host {', '.join(unknown)}.{near}", hint=hint)
    if wish.step and wish.step not in paths:
        near = did_you_mean(wish.step, paths)
        raise UsageError(f"run {state.run} has no step {wish.step!r}.{near}", hint=hint)


def chosen(plan: Plan, state: RunState, wish: Wish) -> Choice:
    """The tasks that the wish means. PersonNeeded where changes elsewhere stand on them."""
    choice = choose(plan, state, step=wish.step, hosts=wish.hosts or None)
    if choice.dependants and not wish.keep_dependents:
        names = ", ".join(str(key) for key in choice.dependants)
        raise PersonNeeded(
            f"changes elsewhere stand on what would be undone: {names}",
            hint="undo them too, or leave them standing with --keep-dependents",
        )
    return choice


def _abort(wish: Wish, choice: Choice, state: RunState) -> Abort:
    if wish.everything:
        return Abort(scope="run", why=BY_HAND)
    hosts = sorted({key.subject for key in choice.tasks})
    tasks = sorted(str(key) for key in _covered(choice, state))
    return Abort(scope="step", why=BY_HAND, step=wish.step, hosts=hosts, tasks=tasks)


def _covered(choice: Choice, state: RunState) -> set[TaskKey]:
    """What is undone, and what was decided later on the same hosts: it counts as not begun."""
    began: dict[str, int] = {}
    for key, task in state.tasks.items():
        if key in choice:
            began[key.subject] = min(began.get(key.subject, task.first), task.first)
    later = (
        key.whole
        for key, task in state.tasks.items()
        if key.subject in began and task.first >= began[key.subject]
    )
    return {*choice.tasks, *later}


def _action(choice: Choice, wish: Wish) -> Action:
    def action(execution: Execution, _: Absent) -> Ending:
        ending = execution.rollback(
            lambda key: key in choice, "", automatic=False, whole=wish.everything
        )
        if wish.everything or ending.exit:
            return ending
        return Ending(status=RunStatus.HALTED, exit=0, why="a part of the run was undone")

    return action


def _last_places(context: RunContext) -> set[str]:
    """The hosts of what runs last, after a rollback too."""
    steps = (node for node in context.plan.finally_.nodes if node.kind is NodeKind.TASK)
    return {context.place(context.plan.steps[node.path], node.host) for node in steps}


def _only(cast: Cast, places: Collection[str]) -> Cast:
    """Some of the hosts."""
    return Cast(
        claimed=tuple(host for host in cast.claimed if host in places),
        looked_at=cast.looked_at,
        become=cast.become,
    )
