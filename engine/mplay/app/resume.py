"""Resume: go on with a run whose process ended, forward or backward, from its journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mplay.app.answers import check_answers
from mplay.app.overtaking import overtaking
from mplay.app.project import Project
from mplay.app.recall import needed_to_go_on, open_what_is_used, recall
from mplay.app.reopen import begun, cast_of, check_modules, reopen
from mplay.app.rollback import BY_HAND
from mplay.app.session import Absent, Action, Session, make_module, owner
from mplay.channel.protocol import Connector
from mplay.executor.backward import Rules
from mplay.executor.context import Options, RunContext
from mplay.executor.execution import Ending, Execution
from mplay.model.errors import UsageError
from mplay.model.events import Taken
from mplay.model.record import Listener, Record
from mplay.model.state import RunState
from mplay.model.task import RunStatus
from mplay.report.following import again
from mplay.rollback.order import Chosen, undo_plan


def resume(
    project: Project,
    wanted: str,
    options: Options,
    connector: Connector,
    listeners: Sequence[Listener],
    know: Callable[[Sequence[Record]], None],
) -> tuple[str, Ending]:
    """Go on with a run; its id and how it ended. UsageError for a run that is over.

    `know` is shown what the journal holds of the run already.
    """
    with project.journal() as journal:
        run = journal.find(wanted)
        state = journal.state(run)
        if state.status is RunStatus.SUCCEEDED and not journal.claims(run):
            return run, _COMPLETE
        _refuse_over(state)
        know(journal.records(run))
        context = reopen(project, state, options)
        if recall(project.vault, context, needed_to_go_on(state)):
            state = journal.state(run)
        action = _action(state, context)
        if action is _forward:
            check_modules(project, begun(state))
            open_what_is_used(project.vault, context, state)
        check_answers(context.plan, project.registry, options.evidence)
        session = Session(
            journal=journal,
            context=context,
            connector=connector,
            clock=project.clock,
            place=project.place,
            make=make_module(context),
            listeners=listeners,
            rules=Rules(
                later=_is_by_hand(state),
                say_yes=options.say_yes,
                overtaken=overtaking(journal, run),
            ),
        )
        taken = Taken(what="resume", owner=owner(project.clock))
        return run, session.execute(cast_of(state, context), action, [taken])


_COMPLETE = Ending(status=RunStatus.SUCCEEDED, exit=0, why="the run is complete")


def _refuse_over(state: RunState) -> None:
    over = {RunStatus.ROLLED_BACK: "was rolled back", RunStatus.REFUSED: "never began"}
    if state.status in over:
        raise UsageError(
            f"run {state.run} {over[state.status]} and cannot be resumed",
            hint=f"apply again: {again(state)}",
        )


def _action(state: RunState, context: RunContext) -> Action:
    """Backward while there is something to undo of what was to be undone, else forward.

    A run that was to be undone as a whole is over once it is, and never goes forward again.
    """
    if state.status is RunStatus.SUCCEEDED:
        return lambda *_: _COMPLETE
    undo = undo_plan(context.plan, state, _chosen(state))
    return _forward if undo.empty and not _is_whole(state) else _backward(state)


def _chosen(state: RunState) -> Chosen:
    aborts = state.open_aborts
    return lambda key: any(abort.covers(key) for abort in aborts)


def _is_whole(state: RunState) -> bool:
    """Whether all of the run was to be undone."""
    return any(abort.event.scope == "run" for abort in state.open_aborts)


def _is_by_hand(state: RunState) -> bool:
    """Whether a person asked for the undo that is to go on."""
    return any(abort.event.why == BY_HAND for abort in state.open_aborts)


def _forward(execution: Execution, absent: Absent) -> Ending:
    return execution.forward(absent)


def _backward(state: RunState) -> Action:
    """Go on with the undo that was cut off."""
    aborts = state.open_aborts
    whole = _is_whole(state)
    by_hand = _is_by_hand(state)

    def action(execution: Execution, _: Absent) -> Ending:
        why = aborts[-1].event.why
        ending = execution.rollback(
            _chosen(state), why, automatic=not by_hand, whole=whole or not by_hand
        )
        if whole or ending.status is not RunStatus.ROLLED_BACK:
            return ending
        return Ending(status=RunStatus.HALTED, exit=0 if by_hand else 4, why=ending.why)

    return action
