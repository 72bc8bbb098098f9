"""The one thread that writes: it drains a queue, and one commit makes the whole group durable."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from mplay.journal.database import advice, meaning
from mplay.model.errors import JournalError, MplayError

T = TypeVar("T")
_GROUP = 1000


class _Job(Generic[T]):
    """A piece of work in the queue, and the caller who waits for it."""

    def __init__(self, work: Callable[[Connection], T]) -> None:
        self._work = work
        self._ended = threading.Event()
        self._result: T | None = None
        self._error: BaseException | None = None

    def do(self, connection: Connection) -> None:
        """Do the work; a refusal is the caller's alone, and no reason to give up the group."""
        try:
            self._result = self._work(connection)
        except MplayError as error:
            self._error = error

    def end(self, error: BaseException | None = None) -> None:
        """Let the caller go on: its work is durable, or it is not."""
        self._error = error or self._error
        self._ended.set()

    def wait(self) -> T:
        """The result, once durable; else what went wrong."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value] # T may include None


class Writer:
    """Runs pieces of work in transactions, many in one. After one failed write all are refused.

    A piece of work may raise an MplayError *before it has written anything*; that is its caller's
    own. Anything else that goes wrong is the journal's: nothing of the group is kept.
    """

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine.execution_options(begin="BEGIN IMMEDIATE")
        self._path = path
        self._queue: SimpleQueue[_Job[object] | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failed: JournalError | None = None
        # Kept from commit to commit: taking one from the pool costs as much as a record.
        self._connection: Connection | None = None
        self.groups = 0

    def run(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a transaction; return its result when that is durable. JournalError."""
        job: _Job[T] = _Job(work)
        with self._guard:
            if self._failed is not None:
                raise _again(self._failed)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._serve, name="mplay-journal", daemon=True
                )
                self._thread.start()
            self._queue.put(job)  # type: ignore[arg-type] # the queue does not care about T
        return job.wait()

    def close(self) -> None:
        """End the thread when its queue is empty; later work is refused."""
        with self._guard:
            thread, self._thread = self._thread, None
            closed = JournalError("the journal is closed", where=str(self._path))
            self._failed = self._failed or closed
            if thread is not None:
                self._queue.put(None)
        if thread is not None:
            thread.join()

    def _serve(self) -> None:
        going = True
        try:
            while going:
                group, going = self._take()
                if group:
                    self._commit(group)
        finally:
            if self._connection is not None:
                self._connection.close()

    def _take(self) -> tuple[list[_Job[object]], bool]:
        """All that waits, after waiting for the first; and whether to go on."""
        group: list[_Job[object]] = []
        while len(group) < _GROUP:
            if group and self._queue.empty():
                break
            job = self._queue.get()
            if job is None:
                return group, False
            group.append(job)
        return group, True

    def _commit(self, group: list[_Job[object]]) -> None:
        error = self._failed
        if error is None:
            error = self._try(group)
        if error is not None:
            with self._guard:
                self._failed = error
        for job in group:
            job.end(_again(error) if error else None)

    def _try(self, group: list[_Job[object]]) -> JournalError | None:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                for job in group:
                    job.do(self._connection)
        except SQLAlchemyError as error:
            what = f"the journal refused a record: {meaning(error)}. Nothing more is begun"
            return JournalError(what, where=str(self._path), hint=advice(error))
        except Exception as error:  # noqa: BLE001 a dead writer would leave its callers waiting
            what = f"the journal's writer failed: {type(error).__name__}: {error}"
            return JournalError(what, where=str(self._path), hint="Report this as a bug of mplay.")
        self.groups += 1
        return None


def _again(error: JournalError) -> JournalError:
    """The same error for another caller: an exception object belongs to one traceback."""
    problem = error.problem
    return JournalError(problem.what, where=problem.where, hint=problem.hint)
