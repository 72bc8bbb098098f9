"""Finds the files that a playbook can reach, for its digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mplay.model.errors import UsageError
from mplay.planner.digests import ReachedFile

FOLDERS = ("files", "templates")


def reached_files(root: Path, sources: Iterable[Path]) -> tuple[ReachedFile, ...]:
    """All files under ``files/`` and ``templates/`` beside the sources and beside mplay.toml.

    `sources` are the playbook and the files that it includes; `root` is the project's folder.
    """
    places = dict.fromkeys([*(source.absolute().parent for source in sources), root.absolute()])
    folders = [place / name for place in places for name in FOLDERS]
    return tuple(sorted(one for folder in folders for one in _inside(root, folder)))


def reached(root: Path, path: Path) -> ReachedFile:
    """One file, such as one of vars_files. UsageError when it cannot be read."""
    try:
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            executable = bool(os.fstat(stream.fileno()).st_mode & 0o111)
    except OSError as error:
        raise UsageError(f"this cannot be read: {error.strerror}", where=str(path)) from error
    return ReachedFile(relative(root, path), sha256, executable)


def _inside(root: Path, folder: Path) -> Iterator[ReachedFile]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            if path.is_file():
                yield reached(root, path)


def relative(root: Path, path: Path) -> str:
    """A path as digests name it: relative to the project, with ``/``."""
    return Path(os.path.relpath(path.absolute(), root.absolute())).as_posix()
