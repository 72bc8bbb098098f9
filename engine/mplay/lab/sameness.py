"""Whether two states of a host are *the same*, and if not, what differs (design 11).

Two states are the same when every path has equal kind, mode, owner, extended attributes, content
and link target, and every package has equal version, state and hold. Times are left out, and so
are the paths in `LEFT_OUT`: records and caches that no step promises to put back.

Reads the root directory that ``lab status`` names; nothing runs in the host. A first look at a
host takes about half a second, a later one with the same memo about a third of that.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, fields
from pathlib import Path

LEFT_OUT = (
    "/var/lib/mplay",
    "/var/log",
    "/var/cache",
    "/var/tmp",
    "/var/lib/apt",
    "/var/lib/systemd",
    "/var/lib/postgresql",
    "/var/lib/redis",
    "/var/lib/prometheus",
    "/var/lib/dpkg",
    "/var/backups",
    "/etc/.pwd.lock",
    "/etc/ld.so.cache",
)
"""Paths that are not compared, with all below them; nor are backups like ``/etc/passwd-``."""

_BACKUP = re.compile(r"/etc/[^/]*-")
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}

Memo = MutableMapping[tuple[int, int, int, int], str]
"""Digests of files that were read before, by inode, size and times; a changed file is read anew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What counts about one path."""

    kind: str
    mode: str
    owner: str
    xattrs: tuple[tuple[str, bytes], ...] = ()
    content: str = ""
    target: str = ""
    """Where a link points, or the numbers of a device."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """What counts about one package, in dpkg's words."""

    version: str
    state: str
    hold: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Files and packages of a host at one time."""

    files: Mapping[str, Entry]
    packages: Mapping[str, Package]

    def differences(self, later: State) -> list[str]:
        """Return a line for each thing that differs; an empty list means *the same*."""
        return [
            *differences(self.files, later.files),
            *(f"package {line}" for line in differences(self.packages, later.packages)),
        ]


def state_of(root: Path | str, memo: Memo | None = None) -> State:
    """Return what counts about a host, for `State.differences`."""
    return State(files=fingerprint(root, memo), packages=packages(root))


def fingerprint(root: Path | str, memo: Memo | None = None) -> dict[str, Entry]:
    """Return what counts about every path below `root`, by its path in the host."""
    known: Memo = {} if memo is None else memo
    top = str(root)
    return {path: _entry(top + path, status, known) for path, status in _walk(top)}


def packages(root: Path | str) -> dict[str, Package]:
    """Return every package that dpkg has on record below `root`, by ``name:architecture``."""
    text = (Path(root) / "var/lib/dpkg/status").read_text()
    found = {}
    for stanza in text.split("\n\n"):
        field = dict(re.findall(r"^(Package|Architecture|Version|Status): (.*)$", stanza, re.M))
        if field:
            want, _flag, state = field["Status"].split()
            name = f"{field['Package']}:{field.get('Architecture', '')}"
            found[name] = Package(
                version=field.get("Version", ""), state=state, hold=want == "hold"
            )
    return found


def differences(
    before: Mapping[str, Entry] | Mapping[str, Package],
    after: Mapping[str, Entry] | Mapping[str, Package],
) -> list[str]:
    """Return a line for each name that appeared, vanished or changed, and in what."""
    lines = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if old is None:
            lines.append(f"{name}: appeared")
        elif new is None:
            lines.append(f"{name}: vanished")
        else:
            lines.append(f"{name}: {_change(old, new)}")
    return lines


def is_left_out(path: str) -> bool:
    """Whether a path of a host is not compared (its subtree neither)."""
    return path in LEFT_OUT or bool(_BACKUP.fullmatch(path))


def _change(old: Entry | Package, new: Entry | Package) -> str:
    parts = []
    for field in fields(old):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if was != now:
            shown = "" if field.name in ("content", "xattrs") else f" {was} -> {now}"
            parts.append(f"{field.name}{shown}")
    return ", ".join(parts)


def _walk(top: str, below: str = "") -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(top + below) as listing:
            entries = list(listing)
    except FileNotFoundError:
        return
    for entry in entries:
        path = f"{below}/{entry.name}"
        if is_left_out(path):
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        yield path, status
        if stat.S_ISDIR(status.st_mode):
            yield from _walk(top, path)


def _entry(path: str, status: os.stat_result, memo: Memo) -> Entry:
    kind = stat.S_IFMT(status.st_mode)
    content = target = ""
    if kind == stat.S_IFREG:
        content = _digest(path, status, memo)
    elif kind == stat.S_IFLNK:
        target = str(Path(path).readlink())
    elif kind in (stat.S_IFCHR, stat.S_IFBLK):
        target = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    return Entry(
        kind=_KINDS[kind],
        mode=f"{stat.S_IMODE(status.st_mode):04o}",
        owner=f"{status.st_uid}:{status.st_gid}",
        xattrs=_xattrs(path),
        content=content,
        target=target,
    )


def _digest(path: str, status: os.stat_result, memo: Memo) -> str:
    key = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    known = memo.get(key)
    if known is None:
        with Path(path).open("rb") as file:
            known = hashlib.file_digest(file, "blake2b").hexdigest()[:32]
        memo[key] = known
    return known


def _xattrs(path: str) -> tuple[tuple[str, bytes], ...]:
    return tuple(
        (name, os.getxattr(path, name, follow_symlinks=False))
        for name in sorted(os.listxattr(path, follow_symlinks=False))
    )
