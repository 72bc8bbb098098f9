"""Apply a playbook: claim, run forward, end."""

from __future__ import annotations

import random
from collections.abc import Sequence

from mplay.app.prepare import Prepared, Request, prepare
from mplay.app.project import Project
from mplay.app.retention import expired
from mplay.app.session import Session, make_module, owner
from mplay.channel.protocol import Connector
from mplay.executor.execution import Ending
from mplay.journal import Journal, new_run_id
from mplay.model.errors import GateClosed
from mplay.model.events import Event, Note
from mplay.model.record import Listener


def new_run(project: Project) -> str:
    """An id for a run that may begin."""
    return new_run_id(project.clock, random.SystemRandom())


def check_digest(prepared: Prepared, wanted: str) -> None:
    """GateClosed unless the plan is the one that was meant. '' means any."""
    found = prepared.digests["plan"]
    if wanted and not (found == wanted or found.startswith(wanted)):
        raise GateClosed(
            f"the plan is not the one that was approved: it is {found}",
            where=str(prepared.request.playbook),
            hint=f"see what changed: mplay plan {prepared.request.playbook}",
        )


def apply(
    project: Project,
    request: Request,
    connector: Connector,
    listeners: Sequence[Listener],
    *,
    plan_digest: str = "",
) -> tuple[str, Ending]:
    """Run a playbook to its end; its run id and how it ended.

    UsageError and GateClosed: nothing was touched. HostLocked: another run owns a host.
    """
    run = new_run(project)
    prepared = prepare(project, request, run)
    check_digest(prepared, plan_digest)
    with project.journal(create=True) as journal:
        return run, execute(project, prepared, journal, connector, listeners)


def execute(
    project: Project,
    prepared: Prepared,
    journal: Journal,
    connector: Connector,
    listeners: Sequence[Listener],
) -> Ending:
    """Begin a prepared run in a journal, and run it."""
    run = prepared.context.run
    records = [journal.begin(run, prepared.begin(owner(project.clock)))]
    records += [journal.append(run, event) for event in _first(prepared)]
    for record in records:
        for listener in listeners:
            listener.on_record(record)
    session = Session(
        journal=journal,
        context=prepared.context,
        connector=connector,
        clock=project.clock,
        place=project.place,
        make=make_module(prepared.context),
        listeners=listeners,
        expired=expired(journal, project.config.keep.restore_points, project.clock),
    )
    return session.execute(prepared.cast(), lambda execution, absent: execution.forward(absent))


def _first(prepared: Prepared) -> list[Event]:
    """What is to be known before anything else: which steps somebody said are done, and why."""
    steps = ", ".join(prepared.request.choice.assume_done)
    vouched = Note(text=f"--assume-done {steps}: {prepared.request.reason}")
    return [vouched] if steps else []
