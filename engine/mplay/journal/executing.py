"""Which run is being executed now: an operating system's lock, gone with the process that held it.

Resume and rollback can therefore start at once after a kill, with no waiting for a time to pass.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mplay.journal.place import cannot
from mplay.model.clock import Clock
from mplay.model.errors import HostLocked

_TRIES = 5
_PAUSE = 0.02


class ExecutorLocks:
    """The locks of a journal's runs: one file for each run that is being executed."""

    def __init__(self, folder: Path, clock: Clock, by: str) -> None:
        self._folder = folder
        self._clock = clock
        self._by = by

    def executing(self, run: str) -> bool:
        """Whether a process on this machine executes the run."""
        try:
            handle = os.open(self._file(run), os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno in {errno.EWOULDBLOCK, errno.EACCES}
        finally:
            os.close(handle)
        return False

    @contextmanager
    def hold(self, run: str) -> Iterator[None]:
        """Execute the run in this process until the block ends. HostLocked if another does."""
        handle = self._take(run)
        try:
            # Who it is serves people only; the lock itself needs no room on the disk.
            with suppress(OSError):
                os.ftruncate(handle, 0)
                os.write(handle, f"{os.getpid()} {self._by} {self._clock.now():%FT%TZ}\n".encode())
            yield
        finally:
            # Removed while still held: whoever waits for this file finds that it is another one.
            with suppress(OSError):
                self._file(run).unlink()
            os.close(handle)

    def _take(self, run: str) -> int:
        path = self._file(run)
        for attempt in range(_TRIES):
            handle = _open(path)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is(path, handle):
                    return handle
            except BlockingIOError:
                # Somebody who only asks holds it for an instant; an executor for long.
                if attempt < _TRIES - 1:
                    self._clock.sleep(_PAUSE)
            os.close(handle)
        raise self._busy(run)

    def _busy(self, run: str) -> HostLocked:
        with suppress(OSError, ValueError):
            pid, by, since = self._file(run).read_text(encoding="utf-8").split()
            return HostLocked(
                f"another process executes this run: pid {pid} of {by}, since {since}",
                where=f"run {run}",
                hint=f"`mplay show {run}` says how far it is. Wait for its end, or stop it with "
                f"`kill -INT {pid}`.",
            )
        return HostLocked(
            "another process executes this run",
            where=f"run {run}",
            hint=f"`mplay show {run}` says how far it is.",
        )

    def _file(self, run: str) -> Path:
        return self._folder / run


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise cannot(path, "the lock of this run cannot be taken", error) from None


def _is(path: Path, handle: int) -> bool:
    """Whether the path still names the file that was opened."""
    mine = os.fstat(handle)
    try:
        there = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return stat.S_ISREG(there.st_mode) and (mine.st_dev, mine.st_ino) == (
        there.st_dev,
        there.st_ino,
    )
