"""Resume: go on with a run whose process ended, forward or backward, from its journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mplay.app.answers import check_answers
from mplay.app.project import Project
from mplay.app.reopen import begun, cast_of, check_modules, reopen
from mplay.app.session import Absent, Action, Session, make_module, owner
from mplay.channel.protocol import Connector
from mplay.executor.backward import Rules
from mplay.executor.context import Options
from mplay.executor.execution import Ending, Execution
from mplay.model.errors import UsageError
from mplay.model.events import Taken
from mplay.model.record import Listener, Record
from mplay.model.state import RunState
from mplay.model.task import RunStatus, TaskKey


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
        if state.status is RunStatus.SUCCEEDED and not state.claimed:
            return run, Ending(status=state.status, exit=0, why="the run is complete")
        _refuse_over(state)
        know(journal.records(run))
        backwards = bool(state.open_aborts) and not _undo_ended(state)
        if not backwards:
            check_modules(project, begun(state))
        context = reopen(project, state, options)
        check_answers(context.plan, project.registry, options.evidence)
        session = Session(
            journal=journal,
            context=context,
            connector=connector,
            clock=project.clock,
            make=make_module(context),
            listeners=listeners,
            rules=Rules(say_yes=options.say_yes),
        )
        taken = Taken(what="resume", owner=owner(project.clock))
        action = _backward(state) if backwards else _forward
        return run, session.execute(cast_of(state, context), action, [taken])


def _refuse_over(state: RunState) -> None:
    over = {RunStatus.ROLLED_BACK: "was rolled back", RunStatus.REFUSED: "never began"}
    if state.status in over:
        raise UsageError(
            f"run {state.run} {over[state.status]} and cannot be resumed",
            hint=f"apply again: mplay apply {begun(state).playbook}",
        )


def _undo_ended(state: RunState) -> bool:
    """Whether everything that the open aborts cover has been dealt with."""
    return not any(a.covers(t.key) for a in state.open_aborts for t in state.standing)


def _forward(execution: Execution, absent: Absent) -> Ending:
    return execution.forward(absent)


def _backward(state: RunState) -> Action:
    """Go on with the undo that was cut off."""
    aborts = state.open_aborts

    def chosen(key: TaskKey) -> bool:
        return any(abort.covers(key) for abort in aborts)

    whole = any(abort.event.scope == "run" for abort in aborts)

    def action(execution: Execution, _: Absent) -> Ending:
        ending = execution.undo_chosen(chosen, aborts[-1].event.why, automatic=True)
        if whole or ending.exit != 3:
            return ending
        return Ending(status=RunStatus.HALTED, exit=4, why=ending.why)

    return action
