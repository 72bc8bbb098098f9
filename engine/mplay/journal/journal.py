"""The journal of a project: every run, written before it happens."""

from __future__ import annotations

import getpass
import json
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from mplay.journal import claims as _claims
from mplay.journal import place
from mplay.journal.chain import Finding, Link, link
from mplay.journal.database import connect, data_version, initialise, refused
from mplay.journal.discreet import begun, discreet
from mplay.journal.executing import ExecutorLocks
from mplay.journal.foreign import ForeignEvent
from mplay.journal.projection import project, rebuild
from mplay.journal.runs import Present, RunRow, find_run, list_runs, one_run, stamp
from mplay.journal.schema import events, foreign_kinds, runs, tasks
from mplay.journal.verify import verify
from mplay.journal.writer import Writer
from mplay.model.clock import Clock, SystemClock
from mplay.model.digest import canonical
from mplay.model.errors import JournalError, UsageError
from mplay.model.events import KINDS, Claimed, Event, RunBegin, decode
from mplay.model.record import Record
from mplay.model.secrets import Secrets, has_marks
from mplay.model.state import RunState

# Statements are made once: making one costs several times what running it does.
_HEAD = select(runs.c.seq, runs.c.head).where(runs.c.run == bindparam("run"))
_ADD = insert(events)


def who() -> str:
    """``user@host`` of this process."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = str(os.getuid())
    return f"{user}@{platform.node()}"


class Journal:
    """An open journal. Safe for many threads, and beside other processes.

    What `begin`, `append`, `append_all`, `claim` and `unclaim` return from is durable. After one
    failed write every later one is refused with JournalError.

    Of what is in `secrets` nothing is written: marks stand in its place, and whoever reads a record
    and knows the secret finds it as it was. RUN_BEGIN holds what files say, which is encrypted, so
    that only its connections are marked.
    """

    def __init__(
        self, path: Path, engine: Engine, *, clock: Clock, by: str, secrets: Secrets | None = None
    ) -> None:
        self.path = path
        self._secrets = secrets or Secrets()
        self.by = by
        self._clock = clock
        self._engine = engine
        self._writer = Writer(engine, path)
        self._checked = -1
        self._locks = ExecutorLocks(path.with_name(path.name + ".executing"), clock, by)

    @classmethod
    def open(
        cls,
        url_or_path: str | Path,
        *,
        clock: Clock | None = None,
        by: str = "",
        create: bool = True,
        mounts: str | None = None,
        secrets: Secrets | None = None,
    ) -> Journal:
        """Open ``sqlite:///PATH`` or a path; make it where it is not there and `create` is set.

        UsageError, with nothing half made: a place that cannot be written, a network file system,
        a file that is damaged, no journal, or one of a newer mplay.
        """
        path = place.path_of(url_or_path)
        where = place.existing_part(path)
        place.refuse_network(where, place.mounts_of_this_machine() if mounts is None else mounts)
        if not create and not path.exists():
            raise UsageError(
                "there is no journal here yet",
                where=str(path),
                hint="The first `mplay apply` makes it. Is this the right project?",
            )
        folder = place.Folder(path.parent)
        folder.make()
        made = False
        try:
            made = place.make_file(path)
            place.check_file(path)
            engine = _engine_of(path)
        except BaseException:
            if made:
                _remove(path)
            folder.take_back()
            raise
        return cls(path, engine, clock=clock or SystemClock(), by=by or who(), secrets=secrets)

    @property
    def groups(self) -> int:
        """How many commits this object has made; each may hold many records."""
        return self._writer.groups

    def close(self) -> None:
        """Write what is queued, and close the file."""
        self._writer.close()
        self._engine.dispose()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def begin(self, run: str, event: RunBegin) -> Record:
        """The first record of a new run. UsageError where it cannot be kept: nothing happened."""
        event = begun(event, self._secrets)
        data = _encoded(event)

        def work(connection: Connection) -> Record:
            self._refuse_foreign(connection)
            if connection.execute(select(runs.c.run).where(runs.c.run == run)).first():
                raise UsageError(f"there is a run {run} already", where=str(self.path))
            return self._add(connection, run, 0, "", [(event, data)])[0]

        try:
            return self._writer.run(work)
        except JournalError as error:
            problem = error.problem
            raise UsageError(problem.what, where=problem.where, hint=problem.hint) from error

    def append(self, run: str, event: Event) -> Record:
        """Add an event to a run; it is durable when this returns. JournalError.

        UsageError, with nothing written, for a way back that could not be read again.
        """
        return self.append_all(run, [event])[0]

    def append_all(self, run: str, new: Sequence[Event]) -> list[Record]:
        """Add events to a run, all or none, one after another. JournalError."""
        marked = [discreet(event, self._secrets) for event in new]
        encoded = [(event, _encoded(event)) for event in marked]
        return self._writer.run(lambda connection: self._append(connection, run, encoded))

    def claim(self, run: str, hosts: Sequence[str]) -> Record:
        """Claim hosts for a run, all or none, and journal CLAIMED. HostLocked.

        A host that the run has already stays its own.
        """
        event = Claimed(hosts=list(hosts))
        data = _encoded(event)

        def work(connection: Connection) -> Record:
            self._refuse_foreign(connection)
            # A refusal must come before anything is written: the group goes on without this work.
            head = self._head(connection, run)
            _claims.claim(connection, run, hosts, stamp(self._clock.now()), self._present())
            return self._add(connection, run, *head, [(event, data)])[0]

        return self._writer.run(work)

    def unclaim(self, run: str, hosts: Sequence[str]) -> None:
        """Give hosts back that the run has claimed."""
        self._writer.run(lambda connection: _claims.unclaim(connection, run, hosts))

    def release_claims(self, run: str) -> None:
        """Give all hosts of a run back."""
        self._writer.run(lambda connection: _claims.unclaim(connection, run, None))

    def beat(self, run: str) -> None:
        """Say that the executor of a run lives."""
        now = stamp(self._clock.now())
        beat = update(runs).where(runs.c.run == run).values(heartbeat=now)
        self._writer.run(lambda connection: connection.execute(beat) and None)

    def rebuild(self) -> int:
        """Make the present state of all runs anew from the events; their number."""
        return self._writer.run(rebuild)

    def executor_lock(self, run: str) -> AbstractContextManager[None]:
        """Execute a run in this process, for the length of a ``with``. HostLocked."""
        return self._locks.hold(run)

    def executing(self, run: str) -> bool:
        """Whether a process on this machine executes the run."""
        return self._locks.executing(run)

    def records(self, run: str) -> list[Record]:
        """All records of a run, in order; JournalError where one cannot be read."""
        with self._reading() as connection:
            query = select(events).where(events.c.run == run).order_by(events.c.seq)
            return [self._record(row) for row in connection.execute(query).mappings()]

    def state(self, run: str) -> RunState:
        """How a run stands, by its records."""
        return RunState.of(self.records(run))

    def runs(self, limit: int | None = None) -> list[RunRow]:
        """Runs, newest first."""
        with self._reading() as connection:
            return list_runs(connection, self._present(), limit)

    def row(self, run: str) -> RunRow:
        """How one run stands now; its id must be whole. UsageError."""
        with self._reading() as connection:
            found = one_run(connection, self._present(), run)
        if found is None:
            raise UsageError(f"no run is called {run!r}", hint="`mplay runs` lists them all.")
        return found

    def find(self, wanted: str) -> str:
        """The id of the run that an id, a unique prefix or ``last`` means. UsageError."""
        with self._reading() as connection:
            return find_run(connection, wanted)

    def head(self, run: str) -> str:
        """The hash of the last record of a run; '' where there is none."""
        with self._reading() as connection:
            query = select(events.c.hash).where(events.c.run == run)
            return connection.execute(query.order_by(events.c.seq.desc()).limit(1)).scalar() or ""

    def claims(self, run: str | None = None) -> dict[str, str]:
        """``{host: run}`` of all claims, or of one run's."""
        with self._reading() as connection:
            return _claims.claimed(connection, run)

    def task_statuses(self, run: str) -> dict[str, str]:
        """``{task: status}`` of the tasks of a run that have a record, from the projection."""
        with self._reading() as connection:
            query = select(tasks.c.task, tasks.c.status).where(tasks.c.run == run)
            return {row.task: row.status for row in connection.execute(query)}

    def verify(self, run: str | None = None, *, head: str = "") -> list[Finding]:
        """What was changed, swapped or removed; `head` is the hash that the run's end printed."""
        with self._reading() as connection:
            return verify(connection, run, head=head)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with (
            refused(self.path, JournalError, "the journal cannot be read"),
            self._engine.connect() as connection,
        ):
            yield connection

    def _present(self) -> Present:
        machine = self.by.rpartition("@")[2]
        return Present(now=self._clock.now(), machine=machine, executing=self._locks.executing)

    def _append(
        self, connection: Connection, run: str, new: Sequence[tuple[Event, str]]
    ) -> list[Record]:
        self._refuse_foreign(connection)
        return self._add(connection, run, *self._head(connection, run), new)

    def _head(self, connection: Connection, run: str) -> tuple[int, str]:
        head = connection.execute(_HEAD, {"run": run}).first()
        if head is None:
            raise JournalError(f"there is no run {run} to add to", where=str(self.path))
        return head.seq, head.head

    def _add(
        self,
        connection: Connection,
        run: str,
        seq: int,
        head: str,
        new: Sequence[tuple[Event, str]],
    ) -> list[Record]:
        at = stamp(self._clock.now())
        links: list[Link] = []
        for event, data in new:
            seq += 1
            one = link(run=run, seq=seq, at=at, by=self.by, kind=event.KIND, data=data, prev=head)
            links.append(one)
            head = one.hash
        if links:
            connection.execute(_ADD, [asdict(one) for one in links])
            project(connection, run, [(one, e) for one, (e, _) in zip(links, new, strict=True)])
        return [_placed(one, event) for one, (event, _) in zip(links, new, strict=True)]

    def _record(self, row: Any) -> Record:
        where = f"run {row['run']}, event {row['seq']}"
        try:
            return _placed(Link(**row), _decoded(row["kind"], row["data"], self._secrets))
        except (TypeError, ValueError, AttributeError) as error:
            raise JournalError(
                f"this event of the journal cannot be read: {error}",
                where=f"{self.path} {where}",
                hint=f"`mplay journal verify {row['run']}` says what was changed.",
            ) from error

    def _refuse_foreign(self, connection: Connection) -> None:
        """Refuse to write behind a newer mplay; asked again only after another process wrote."""
        version = data_version(connection)
        if version == self._checked:
            return
        foreign = foreign_kinds(connection)
        if foreign:
            raise UsageError(
                f"the journal holds events of a newer mplay ({', '.join(foreign)}); "
                "this version may only read it",
                where=str(self.path),
                hint="Use the newer version, or another journal with --journal PATH.",
            )
        self._checked = version


def _engine_of(path: Path) -> Engine:
    engine = connect(path)
    try:
        initialise(engine, path)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _remove(path: Path) -> None:
    for suffix in ("-wal", "-shm", "-journal", ""):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()


def _encoded(event: Event) -> str:
    """The event's data as it is stored. ValueError or TypeError for what is no plain data."""
    return canonical(event.data()).decode()


def _decoded(kind: str, data: str, secrets: Secrets) -> Event:
    fields = json.loads(data)
    # Marks are rare, and looking for one in the text costs nothing beside taking it apart.
    marked = has_marks(data)
    if marked and kind != RunBegin.KIND:
        fields = secrets.unmarked(fields)
    elif marked and "connections" in fields:
        fields["connections"] = secrets.unmarked(fields["connections"])
    if kind not in KINDS:
        return ForeignEvent(kind=kind, fields=fields)
    return decode(kind, fields)


def _placed(this: Link, event: Event) -> Record:
    return Record(
        run=this.run,
        seq=this.seq,
        at=this.at,
        by=this.by,
        prev=this.prev,
        hash=this.hash,
        event=event,
    )
