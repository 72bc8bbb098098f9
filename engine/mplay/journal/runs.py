"""Runs in the journal: their names, how each stands now, and which one a person means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import Connection, select

from mplay.journal.schema import runs
from mplay.model.clock import Clock
from mplay.model.errors import UsageError
from mplay.model.task import RunStatus

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o, u, so that an id can be read out over the telephone."""
SILENT_SECONDS = 60
_LIVELY = frozenset({RunStatus.RUNNING, RunStatus.BLIND})


def new_run_id(clock: Clock, random: Random) -> str:
    """A short id that sorts by time and survives copying: ``20261123-0230-7k3f`` (UTC)."""
    letters = "".join(random.choice(_LETTERS) for _ in range(4))
    return f"{clock.now():%Y%m%d-%H%M}-{letters}"


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run as a list shows it. `seq` and `head` are its last record's number and hash.

    `status` is *interrupted* where the journal says *running* and nobody runs it; `silent` then
    says who was silent since when.
    """

    run: str
    status: RunStatus
    phase: str
    environment: str
    name: str
    playbook: str
    owner: str
    begun: str
    ended: str
    exit: int | None
    heartbeat: str
    seq: int
    head: str
    silent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What is needed to tell a living run from a silent one."""

    now: datetime
    machine: str
    executing: Callable[[str], bool]

    def row(self, row: Mapping[str, Any]) -> RunRow:
        """The run of a row of `runs`, as it stands now."""
        status = RunStatus(row["status"])
        silent = ""
        if status in _LIVELY and not self._lives(row):
            status = RunStatus.INTERRUPTED
            silent = f"{row['owner']} silent since {row['heartbeat']}"
        fields = {name: row[name] for name in RunRow.__slots__ if name not in _COMPUTED}
        return RunRow(status=status, silent=silent, **fields)

    def _lives(self, row: Mapping[str, Any]) -> bool:
        if str(row["owner"]).rpartition("@")[2] == self.machine:
            return self.executing(row["run"])
        beat = datetime.fromisoformat(row["heartbeat"])
        return (self.now - beat).total_seconds() <= SILENT_SECONDS


_COMPUTED = frozenset({"status", "silent"})


def list_runs(connection: Connection, present: Present, limit: int | None) -> list[RunRow]:
    """Runs, newest first."""
    query = select(runs).order_by(runs.c.begun.desc(), runs.c.run.desc()).limit(limit)
    return [present.row(dict(row)) for row in connection.execute(query).mappings()]


def one_run(connection: Connection, present: Present, run: str) -> RunRow | None:
    """One run by its whole id."""
    row = connection.execute(select(runs).where(runs.c.run == run)).mappings().first()
    return None if row is None else present.row(dict(row))


def find_run(connection: Connection, text: str) -> str:
    """The run that an id, a unique prefix or ``last`` means. UsageError for none or several."""
    newest = select(runs.c.run).order_by(runs.c.begun.desc(), runs.c.run.desc())
    if text == "last":
        found = connection.execute(newest.limit(1)).scalar()
        if found is None:
            raise UsageError("there is no run yet", where=text)
        return str(found)
    query = newest.where(runs.c.run.startswith(text, autoescape=True)).limit(6)
    names = list(connection.execute(query).scalars())
    if text in names:
        return text
    if len(names) == 1 and text:
        return str(names[0])
    raise _none(text) if not names or not text else _several(text, names)


def _none(text: str) -> UsageError:
    return UsageError(
        f"no run is called {text!r}, nor begins so", hint="`mplay runs` lists them all."
    )


def _several(text: str, names: list[str]) -> UsageError:
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return UsageError(f"{text!r} may be any of {shown}", hint="Give more of the id.")
