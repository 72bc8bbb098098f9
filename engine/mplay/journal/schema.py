"""The tables of the journal, and how a file becomes one."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
)

from mplay.model.errors import UsageError
from mplay.model.events import KINDS

VERSION = 1
APPLICATION_ID = 0x6D706C79
"""``mply``: tells a journal from any other SQLite database."""

metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("run", String, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("by", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("data", Text, nullable=False),
    Column("prev", String, nullable=False),
    Column("hash", String, nullable=False),
)
"""Append-only: triggers refuse updates and deletions. `data` is canonical JSON."""

runs = Table(
    "runs",
    metadata,
    Column("run", String, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("head", String, nullable=False),
    Column("status", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("exit", Integer),
    Column("name", String, nullable=False),
    Column("playbook", String, nullable=False),
    Column("environment", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("begun", String, nullable=False),
    Column("ended", String, nullable=False),
    Column("heartbeat", String, nullable=False),
)
"""The present state of each run; `seq` and `head` are its last event's number and hash."""

tasks = Table(
    "tasks",
    metadata,
    Column("run", String, primary_key=True),
    Column("task", String, primary_key=True),
    Column("status", String, nullable=False),
    Column("seq", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""The present status of each task that has one; `seq` is the event that gave it."""

claims = Table(
    "claims",
    metadata,
    Column("host", String, primary_key=True),
    Column("run", String, nullable=False),
    Column("since", String, nullable=False),
)
"""Which run owns a host, as far as this journal knows."""

kinds = Table("kinds", metadata, Column("kind", String, primary_key=True))
"""Every kind of event that was ever appended: how an older mplay sees that it is older."""

Index("runs_begun", runs.c.begun)

_TRIGGERS = tuple(
    f"CREATE TRIGGER events_keep_{what} BEFORE {what} ON events "
    "BEGIN SELECT RAISE(ABORT, 'events is append-only'); END"
    for what in ("UPDATE", "DELETE")
)


def is_journal(connection: Connection, path: str) -> bool:
    """Whether the file is a journal; False if it is empty. UsageError for anything else."""
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    kind = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    if kind == APPLICATION_ID:
        _refuse_newer(version, path)
        return True
    filled = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
    if filled or kind or version:
        raise UsageError(
            "this is an SQLite database, but not a journal of mplay",
            where=path,
            hint="Name another file with --journal PATH, or [journal] url in mplay.toml.",
        )
    return False


def make_tables(connection: Connection) -> None:
    """Make a journal of an empty file."""
    metadata.create_all(connection)
    for trigger in _TRIGGERS:
        connection.exec_driver_sql(trigger)
    connection.execute(insert(kinds), [{"kind": kind} for kind in KINDS])
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


def _refuse_newer(version: int, path: str) -> None:
    if version > VERSION:
        raise UsageError(
            f"the journal was written by a newer mplay (format {version}; this one knows "
            f"{VERSION})",
            where=path,
            hint="Use that version of mplay, or another journal with --journal PATH.",
        )


_KINDS = select(kinds.c.kind)


def foreign_kinds(connection: Connection) -> list[str]:
    """Kinds of events in the journal that this version does not know."""
    known = connection.execute(_KINDS).scalars()
    return sorted(set(known) - set(KINDS))
