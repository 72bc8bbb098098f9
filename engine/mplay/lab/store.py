"""The cache of built things, each under a hash of all that went into it.

An entry is built in a directory whose name says so and renamed when it is whole and on disk. What
a killed build left behind is therefore never taken for an entry; the next build sweeps it away.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

BUILDING = "building-"


def content_key(parts: Iterable[str | bytes]) -> str:
    """Return a short hash over texts, safe as a part of a file name."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


def tree_parts(root: Path) -> Iterator[bytes]:
    """Yield names and contents of all files below `root`, for `content_key`."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(root)).encode()
            yield path.read_bytes()


class Store:
    """Finished builds below one directory, shared by all labs of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        """Where an entry is, or will be."""
        return self.root / name

    def has(self, name: str) -> bool:
        """Whether an entry is there and whole."""
        return self.path(name).is_dir()

    @contextmanager
    def building(self, say: Callable[[str], None]) -> Iterator[None]:
        """Hold the store's lock and begin with no leftovers of killed builds."""
        # Whole systems lie here, with their set-uid programs: not for every user of this machine.
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        with (self.root / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another command is building lab images: waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            self.sweep()
            yield

    def sweep(self) -> None:
        """Remove what killed builds left. Call with the lock held."""
        for leftover in self.root.glob(f"{BUILDING}*"):
            shutil.rmtree(leftover)

    def sweep_if_idle(self) -> None:
        """Remove what killed builds left, unless a build is going on."""
        if not self.root.is_dir():
            return
        with (self.root / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self.sweep()

    def build(self, name: str, make: Callable[[Path], None]) -> Path:
        """Return the entry, making it first when it is missing. Call with the lock held."""
        path = self.path(name)
        if path.is_dir():
            return path
        half = self.root / f"{BUILDING}{name}"
        half.mkdir()
        make(half)
        self._write_through(half)
        half.rename(path)
        return path

    def _write_through(self, path: Path) -> None:
        # A rename may reach the disk before the files: after a power cut, a hollow entry would
        # look whole.
        os.sync()
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
