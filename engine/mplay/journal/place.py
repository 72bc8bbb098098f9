"""Where the journal lies, and whether that place can be trusted with it."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from mplay.model.errors import UsageError

MAGIC = b"SQLite format 3\x00"
_URL = re.compile(r"sqlite(\+\w+)?:///(?P<path>.+)\Z", re.DOTALL)
_OTHER_URL = re.compile(r"(?P<kind>[a-z][a-z0-9+]*)://")
_OCTAL = re.compile(r"\\([0-7]{3})")
_NETWORK = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gfs2", "ocfs2"),
        *("glusterfs", "beegfs", "davfs", "virtiofs", "vboxsf", "fuse.sshfs", "fuse.glusterfs"),
        *("fuse.ceph", "fuse.rclone", "fuse.s3fs", "fuse.davfs2"),
    }
)


def path_of(url_or_path: str | Path) -> Path:
    """The file that ``sqlite:///PATH`` or a plain path names, absolute. UsageError."""
    text = str(url_or_path)
    url = _URL.match(text)
    if url:
        return Path(url["path"]).expanduser().absolute()
    other = _OTHER_URL.match(text)
    if other:
        raise UsageError(
            f"a journal of kind {other['kind']!r} is not in this version",
            where=text.split("@")[-1],
            hint="Write sqlite:///PATH, or give the path of a file.",
        )
    if not text:
        raise UsageError("the journal's path is empty", hint="Write sqlite:///PATH, or a path.")
    return Path(text).expanduser().absolute()


def filesystem_of(path: Path, mounts: str) -> str:
    """The type of the file system that holds `path`, by the text of ``/proc/self/mounts``."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_OCTAL.sub(lambda m: chr(int(m[1], 8)), fields[1]))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind


def refuse_network(path: Path, mounts: str) -> None:
    """UsageError if `path` lies on a network file system: SQLite's locks are no locks there."""
    kind = filesystem_of(path, mounts)
    if kind in _NETWORK:
        raise UsageError(
            f"the journal would lie on a network file system ({kind}), where locks do not hold",
            where=str(path),
            hint="Put it on a local disk: [journal] url in mplay.toml, or --journal PATH.",
        )


def mounts_of_this_machine() -> str:
    """The text of ``/proc/self/mounts``; '' where there is none."""
    try:
        return Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def existing_part(path: Path) -> Path:
    """`path`, or its nearest ancestor that exists, with links resolved."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path.resolve()


class Folder:
    """The folder of a journal that may have to be made, and taken back if nothing comes of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._made: list[Path] = []

    def make(self) -> None:
        """Make what is missing, each part 0700; refuse a folder where others may swap files."""
        missing = [p for p in (self.path, *self.path.parents) if not p.exists()]
        try:
            for part in reversed(missing):
                part.mkdir(mode=0o700)
                self._made.append(part)
            mode = self.path.stat().st_mode
        except OSError as error:
            self.take_back()
            raise cannot(self.path, "the journal's folder cannot be made", error) from None
        if not stat.S_ISDIR(mode):
            raise UsageError("the journal's folder is not a folder", where=str(self.path))
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            raise UsageError(
                "the journal's folder is writable by everybody, who could swap the journal",
                where=str(self.path),
                hint=f"chmod o-w {self.path}",
            )

    def take_back(self) -> None:
        """Remove the folders that `make` made."""
        for part in reversed(self._made):
            part.rmdir()
        self._made.clear()


def make_file(path: Path) -> bool:
    """Make an empty file of mode 0600 and say True; False if it is there already."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    except OSError as error:
        raise cannot(path, "the journal cannot be made", error) from None
    sync_folder(path.parent)
    return True


def sync_folder(path: Path) -> None:
    """Make names in a folder durable."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def check_file(path: Path) -> None:
    """UsageError if the file is no SQLite database that we may read and write; make it 0600."""
    try:
        with path.open("r+b") as file:
            start = file.read(len(MAGIC))
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                os.fchmod(file.fileno(), 0o600)
    except OSError as error:
        raise cannot(path, "the journal cannot be opened", error) from None
    if start and start != MAGIC:
        raise not_a_journal(path)


def not_a_journal(path: Path) -> UsageError:
    """The error for a file that is something else."""
    return UsageError(
        "this file is not a journal of mplay",
        where=str(path),
        hint="Name another file with --journal PATH, or [journal] url in mplay.toml.",
    )


def cannot(path: Path, what: str, error: OSError) -> UsageError:
    """The error for a place that the system refuses."""
    return UsageError(
        f"{what}: {error.strerror or error}",
        where=str(path),
        hint="Name another place with --journal PATH, or [journal] url in mplay.toml.",
    )
