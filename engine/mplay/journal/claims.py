"""Claims: which run owns a host, decided in one transaction before any host is contacted.

A claim belongs to a run, not to a process: it outlives a crash, because what the run began on the
host does too.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, delete, insert, select

from mplay.journal.runs import Present, one_run
from mplay.journal.schema import claims
from mplay.model.errors import HostLocked
from mplay.model.task import RunStatus


def claim(
    connection: Connection, run: str, hosts: Sequence[str], at: str, present: Present
) -> None:
    """Claim all of the hosts for a run, or none. HostLocked."""
    wanted = list(dict.fromkeys(hosts))
    held = _held(connection, wanted)
    others = [row for row in held if row["run"] != run]
    if others:
        raise _locked(connection, others, present)
    mine = {row["host"] for row in held}
    new = [{"host": host, "run": run, "since": at} for host in wanted if host not in mine]
    if new:
        connection.execute(insert(claims), new)


def unclaim(connection: Connection, run: str, hosts: Sequence[str] | None) -> None:
    """Give hosts back; None means all that the run has. What is another run's stays."""
    mine = claims.c.run == run
    for part in [None] if hosts is None else _parts(hosts):
        where = mine if part is None else mine & claims.c.host.in_(part)
        connection.execute(delete(claims).where(where))


def claimed(connection: Connection, run: str | None = None) -> dict[str, str]:
    """``{host: run}`` of all claims, or of one run's."""
    query = select(claims.c.host, claims.c.run).order_by(claims.c.host)
    if run is not None:
        query = query.where(claims.c.run == run)
    return {row.host: row.run for row in connection.execute(query)}


def _held(connection: Connection, hosts: Sequence[str]) -> list[RowMapping]:
    found: list[RowMapping] = []
    for part in _parts(hosts):
        query = select(claims).where(claims.c.host.in_(part)).order_by(claims.c.host)
        found += connection.execute(query).mappings()
    return found


def _parts(hosts: Sequence[str]) -> list[Sequence[str]]:
    # SQLite takes a bounded number of parameters in a statement.
    return [hosts[start : start + 500] for start in range(0, len(hosts), 500)]


def _locked(connection: Connection, held: list[RowMapping], present: Present) -> HostLocked:
    run = held[0]["run"]
    hosts = [row["host"] for row in held if row["run"] == run]
    shown = ", ".join(hosts[:5]) + (f" and {len(hosts) - 5} more" if len(hosts) > 5 else "")
    row = one_run(connection, present, run)
    owner = f" of {row.owner}" if row else ""
    since = held[0]["since"]
    state = f" ({row.silent or row.status})" if row else ""
    return HostLocked(
        f"locked by run {run}{owner} since {since}{state}",
        where=shown,
        hint=_advice(run, row.status if row else None),
    )


def _advice(run: str, status: RunStatus | None) -> str:
    """The commands that clear it."""
    if status in {RunStatus.RUNNING, RunStatus.BLIND}:
        return (
            f"It is being run now: `mplay show {run}` says how far it is. Wait for its end, or "
            f"stop it where it runs; once it is gone `mplay unlock {run}` clears it."
        )
    return (
        f"`mplay resume {run}` goes on with it, `mplay rollback {run}` undoes it; both free the "
        f"hosts. If neither can be: `mplay unlock {run}`."
    )
