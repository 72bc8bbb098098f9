"""What `runs` and `tasks` say after each event: the present state, rebuildable from `events`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, select, update
from sqlalchemy.dialects.sqlite import Insert, insert

from mplay.journal.chain import Link
from mplay.journal.schema import events, runs, tasks
from mplay.model.events import (
    Event,
    PhaseBegan,
    RunBegin,
    RunEnd,
    Taken,
    Undoing,
    decode,
)
from mplay.model.fold import status_after
from mplay.model.task import Phase, RunStatus

UNDOING = "undoing"
"""In `tasks` only: outcomes that come now are the undo's, and are no status of the task."""


def _store_tasks() -> Insert:
    """Rows that an UNDOING of an earlier transaction marked keep that mark through an outcome."""
    new = insert(tasks)
    here = (events.c.run == new.excluded.run) & (events.c.seq == new.excluded.seq)
    kind = select(events.c.kind).where(here).scalar_subquery()
    kept = (tasks.c.status == UNDOING) & (kind == "OUTCOME")
    return new.on_conflict_do_update(
        index_elements=[tasks.c.run, tasks.c.task],
        set_={
            "status": case((kept, tasks.c.status), else_=new.excluded.status),
            "seq": new.excluded.seq,
        },
    )


# Statements are made once: making one costs several times what running it does.
_NEW_RUN = insert(runs)
_MOVE_RUN = update(runs).where(runs.c.run == bindparam("this_run"))
_STORE_TASKS = _store_tasks()


def owner_text(owner: Any) -> str:
    """``user@host`` of the owner in RUN_BEGIN and TAKEN."""
    return f"{owner.get('user', '?')}@{owner.get('host', '?')}"


def run_columns(event: Event, at: str) -> dict[str, Any]:
    """The columns of `runs` that an event sets."""
    match event:
        case RunBegin():
            return {
                "status": RunStatus.RUNNING,
                "phase": Phase.GATES,
                "name": event.name,
                "playbook": event.playbook,
                "environment": event.environment,
                "owner": owner_text(event.owner),
                "begun": at,
                "ended": "",
                "heartbeat": at,
                "exit": None,
            }
        case Taken():
            back = {"status": RunStatus.RUNNING, "ended": "", "exit": None}
            return {**back, "owner": owner_text(event.owner), "heartbeat": at}
        case PhaseBegan():
            return {"phase": event.phase}
        case RunEnd():
            return {"status": event.status, "exit": event.exit, "ended": at, "heartbeat": at}
    return {}


def project(connection: Connection, run: str, added: Iterable[tuple[Link, Event | None]]) -> None:
    """Bring `runs` and `tasks` up to links that were just added to one run, in order."""
    columns: dict[str, Any] = {}
    statuses: dict[str, dict[str, Any]] = {}
    for link, event in added:
        columns |= {"seq": link.seq, "head": link.hash}
        if event is None:
            continue
        columns |= run_columns(event, link.at)
        found = _task_row(event, statuses)
        if found:
            statuses[found[0]] = {
                "run": run,
                "task": found[0],
                "status": found[1],
                "seq": link.seq,
            }
    _store_run(connection, run, columns)
    if statuses:
        connection.execute(_STORE_TASKS, list(statuses.values()))


def _task_row(event: Event, earlier: dict[str, dict[str, Any]]) -> tuple[str, str] | None:
    if isinstance(event, Undoing):
        return event.task, UNDOING
    found = status_after(event)
    if found is None:
        return None
    task, status = found
    before = earlier.get(task, {}).get("status")
    if event.KIND == "OUTCOME" and before == UNDOING:
        return None
    return task, status.value


def _store_run(connection: Connection, run: str, columns: dict[str, Any]) -> None:
    if "begun" in columns:
        connection.execute(_NEW_RUN, {"run": run, **columns})
    elif columns:
        connection.execute(_MOVE_RUN, {"this_run": run, **columns})


def rebuild(connection: Connection) -> int:
    """Make `runs` and `tasks` anew from `events`; heartbeats start at the last event. The count."""
    kept = connection.execute(select(runs.c.run, runs.c.heartbeat))
    beats = {row.run: row.heartbeat for row in kept}
    connection.execute(delete(tasks))
    connection.execute(delete(runs))
    names = connection.execute(select(events.c.run).distinct()).scalars().all()
    for run in names:
        rows = connection.execute(
            select(events).where(events.c.run == run).order_by(events.c.seq)
        ).mappings()
        links = [Link(**row) for row in rows]
        project(connection, run, [(link, event_of(link)) for link in links])
        if beats.get(run):
            beat = update(runs).where(runs.c.run == run, runs.c.heartbeat < beats[run])
            connection.execute(beat, {"heartbeat": beats[run]})
    return len(names)


def event_of(link: Link) -> Event | None:
    """The event of a link; None for a kind that only a newer version knows."""
    try:
        return decode(link.kind, json.loads(link.data))
    except KeyError:
        return None
