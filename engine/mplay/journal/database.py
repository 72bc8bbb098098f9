"""The SQLite file behind the journal: how it is opened, and what its errors mean for people."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from mplay.journal.schema import is_journal, make_tables
from mplay.model.errors import JournalError, UsageError

BUSY_SECONDS = 30
"""How long a writer waits for the writer of another process."""

_MEANING = (
    ("SQLITE_FULL", "the disk is full"),
    ("SQLITE_READONLY", "it is read-only"),
    ("SQLITE_CORRUPT", "the file is damaged"),
    ("SQLITE_NOTADB", "the file is damaged, or no SQLite database"),
    ("SQLITE_BUSY", f"another process has kept it locked for {BUSY_SECONDS} s"),
    ("SQLITE_CANTOPEN", "the file, or one that SQLite keeps beside it, cannot be opened"),
    ("SQLITE_PERM", "permission denied"),
    ("SQLITE_IOERR", "the disk refused to read or write (full, or broken)"),
)


def connect(path: Path) -> Engine:
    """An engine whose transactions are `BEGIN`, or what its option ``begin`` says."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(raw: sqlite3.Connection, _: Any) -> None:
    # FULL: in WAL mode a commit is synced before it returns. The default would lose the last
    # records with the power, and they are the way back.
    raw.execute("PRAGMA synchronous = FULL")


def _on_begin(connection: Connection) -> None:
    # A write reads the head of a run and moves it. Taking the lock first keeps two processes from
    # reading the same head.
    begin = connection.get_execution_options().get("begin", "BEGIN")
    if begin:
        connection.exec_driver_sql(begin)


def data_version(connection: Connection) -> int:
    """A number that moves when another connection has written; cheap, and of this connection."""
    raw = connection.connection.dbapi_connection
    found = raw.execute("PRAGMA data_version").fetchone() if raw is not None else None
    return int(found[0]) if found else -1


def initialise(engine: Engine, path: Path) -> None:
    """Check the file, and make it a journal if it is empty. UsageError.

    Another program's database is refused before anything in it is touched; a journal is only read,
    so that opening one never waits for its writer.
    """
    with _one_at_a_time(path.parent), refused(path, UsageError, "the journal cannot be opened"):
        with engine.begin() as connection:
            if is_journal(connection, str(path)):
                return
        with engine.execution_options(begin="").connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        with engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
            make_tables(connection)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one process at a time turn an empty file into a journal: WAL mode is not set twice."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def refused(path: Path, kind: type[UsageError] | type[JournalError], what: str) -> Iterator[None]:
    """Turn what the database says into `kind`, with the file and what to do."""
    try:
        yield
    except SQLAlchemyError as error:
        raise kind(f"{what}: {meaning(error)}", where=str(path), hint=advice(error)) from error


def meaning(error: SQLAlchemyError) -> str:
    """What the database's error means, in a few words."""
    name = _name(error)
    for start, words in _MEANING:
        if name.startswith(start):
            return words
    return str(error.orig) if isinstance(error, DBAPIError) else str(error)


def advice(error: SQLAlchemyError) -> str:
    """What to do about it."""
    name = _name(error)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return "Restore the file from a backup; `mplay journal verify` says what is left of it."
    if name.startswith("SQLITE_BUSY"):
        return "See which process has it open (`fuser -v` on the file), and end that one."
    return "Make room, or mend the permissions; or name another place with --journal PATH."


def _name(error: SQLAlchemyError) -> str:
    origin = error.orig if isinstance(error, DBAPIError) else None
    return str(getattr(origin, "sqlite_errorname", ""))
