"""What is in an archive of the controller: read in one pass, in bounded memory, not unpacked."""

from __future__ import annotations

import hashlib
import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, BinaryIO, Literal

from mplay.sdk import Archive, Member

MOST_MEMBERS = 20_000
"""An archive with more is refused: what is in it must be compared one by one."""

_CROWD = f"has more than {MOST_MEMBERS} entries; unpack it in parts"
_ENTRY = 1024
"""Bytes that an entry may take on average in the list of a zip file."""
_LIST_END = 66 * 1024
"""The end of a zip file's list is within so many bytes of its end."""

_PACKERS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)


class BadArchive(ValueError):
    """It cannot be read, or must not be unpacked; the text says why."""


def read_archive(file: BinaryIO) -> Archive:
    """The entries of a tar (plain, or packed by gzip, bzip2 or xz) or zip file. BadArchive."""
    head = file.read(8)
    file.seek(0)
    packer = next((name for magic, name in _PACKERS.items() if head.startswith(magic)), "")
    if packer == "zstd":
        raise BadArchive("is packed by zstd; pack it by gzip or xz")
    form: Literal["tar", "zip"] = "zip" if head.startswith(b"PK") else "tar"
    try:
        found = dict(_bounded(_zip_members(file) if form == "zip" else _tar_members(file)))
    except _BROKEN as error:
        what = str(error).partition("\n")[0].rstrip(":")
        raise BadArchive("is no tar or zip file that can be read: " + what) from error
    return Archive(form=form, packer=packer, members=_whole(found))


def _bounded(members: Iterable[Member]) -> Iterator[tuple[str, Member]]:
    """By name, the last of several winning, as it does when it is unpacked."""
    for number, member in enumerate(members):
        if number >= MOST_MEMBERS:
            raise BadArchive(_CROWD)
        if member.name:
            yield member.name, member


def _whole(found: dict[str, Member]) -> tuple[Member, ...]:
    """With the directories that are only named by what is in them; none of them may be a link."""
    for name in list(found):
        while "/" in name:
            name = name.rpartition("/")[0]
            above = found.setdefault(name, Member(name=name, kind="directory"))
            if above.kind != "directory":
                raise BadArchive(f"has entries below {name!r}, which is a {above.kind} in it")
    return tuple(found[name] for name in sorted(found))


def _tar_members(file: BinaryIO) -> Iterator[Member]:
    sums: dict[str, str] = {}
    with tarfile.open(fileobj=file, mode="r:*") as archive:
        for info in archive:
            name = _name(info.name)
            if info.isdir():
                yield Member(name=name, kind="directory")
            elif info.issym():
                yield Member(name=name, kind="link", target=_target(info.linkname))
            elif info.islnk():
                sums[name] = sums.get(_name(info.linkname), "")
                yield Member(name=name, kind="file", sha256=sums[name])
            elif info.isreg():
                opened = archive.extractfile(info)
                sums[name] = _sum(opened) if opened else ""
                yield Member(name=name, kind="file", sha256=sums[name])
            else:
                raise BadArchive(f"holds {info.name!r}, which is a device or a fifo")


def _zip_members(file: BinaryIO) -> Iterator[Member]:
    _refuse_crowd(file)
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            name = _name(info.filename)
            if info.flag_bits & 1:
                raise BadArchive("is locked by a password")
            if info.is_dir():
                yield Member(name=name, kind="directory")
            elif stat.S_ISLNK(info.external_attr >> 16):
                target = archive.read(info).decode("utf-8", "surrogateescape")
                yield Member(name=name, kind="link", target=_target(target))
            else:
                with archive.open(info) as opened:
                    yield Member(name=name, kind="file", sha256=_sum(opened))


def _refuse_crowd(file: BinaryIO) -> None:
    """BadArchive where the list of a zip file is too long, before all of it is read."""
    start = max(0, file.seek(0, io.SEEK_END) - _LIST_END)
    file.seek(start)
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"PK\5\6")
    if at < 0:
        return  # it is no zip file, as whoever opens it says
    count = int.from_bytes(tail[at + 10 : at + 12], "little")
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    if count > MOST_MEMBERS or size > MOST_MEMBERS * _ENTRY:
        raise BadArchive(_CROWD)


def _sum(opened: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := opened.read(1 << 18):
        digest.update(chunk)
    return digest.hexdigest()


def _name(written: str) -> str:
    """The name without ``./``; '' for the top itself."""
    parts = [part for part in written.split("/") if part not in {"", "."}]
    if written.startswith("/") or ".." in parts:
        raise BadArchive(f"holds {written!r}, which leads out of it")
    return _plain("/".join(parts))


def _target(written: str) -> str:
    return _plain(written)


def _plain(name: str) -> str:
    if not name.isprintable() or "\\" in name:
        raise BadArchive(f"holds a name that cannot be told on one line: {name!r}")
    return name
