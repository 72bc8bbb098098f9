from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mplay.model.errors import UsageError, Where
from mplay.sdk import Member
from mplay.spec import DiskFiles, Finder
from mplay.spec.archives import MOST_MEMBERS, BadArchive, read_archive
from mplay.testing.packed import packed


def tar(*infos: tarfile.TarInfo, mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for info in infos:
            archive.addfile(info, io.BytesIO(b"x" * info.size))
    return buffer.getvalue()


def info(
    name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0
) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, target, size
    return made


@pytest.mark.parametrize("name", ["a.tar", "a.tgz", "a.zip"])
def test_every_entry_is_known_with_the_directories_that_are_only_implied(name: str) -> None:
    archive = read_archive(io.BytesIO(packed(name, {"./b/c/d": "text\n", "l -> b": "", "e/": ""})))
    assert archive.members == (
        Member(name="b", kind="directory"),
        Member(name="b/c", kind="directory"),
        Member(
            name="b/c/d",
            kind="file",
            sha256="b9e68e1bea3e5b19ca6b2f98b73a54b73daafaa250484902e09982e07a12e733",
        ),
        Member(name="e", kind="directory"),
        Member(name="l", kind="link", target="b"),
    )
    assert (archive.form, archive.packer) == (
        "zip" if name.endswith("zip") else "tar",
        "gzip" if name.endswith("gz") else "",
    )


@pytest.mark.parametrize("mode", ["w:bz2", "w:xz"])
def test_other_ways_to_pack_are_read_too(mode: str) -> None:
    archive = read_archive(io.BytesIO(tar(info("a", size=3), mode=mode)))
    assert [one.name for one in archive.members] == ["a"]
    assert archive.packer == {"w:bz2": "bzip2", "w:xz": "xz"}[mode]


def test_a_hard_link_holds_what_it_was_linked_to() -> None:
    archive = read_archive(io.BytesIO(tar(info("a", size=9), info("b", tarfile.LNKTYPE, "a"))))
    first, second = archive.members
    assert second == Member(name="b", kind="file", sha256=first.sha256)


def _locked() -> bytes:
    data = bytearray(packed("a.zip", {"a": "x"}))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def _many() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(MOST_MEMBERS + 1):
            archive.writestr(str(number), b"")
    return buffer.getvalue()


def _crowd() -> bytes:
    """A zip file whose end says that its list has a gibibyte."""
    data = bytearray(packed("a.zip", {"a": "x"}))
    at = data.rindex(b"PK\5\6") + 12
    data[at : at + 4] = (1 << 30).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: b"", "no tar or zip file"),
        (lambda: b"PK\x03\x04 broken", "no tar or zip file"),
        (lambda: packed("a.tgz", {"a": "x" * 5000})[:60], "no tar or zip file"),
        (lambda: b"\x28\xb5\x2f\xfd....", "zstd"),
        (lambda: tar(info("a/../../b")), "leads out of it"),
        (lambda: tar(info("/etc/passwd")), "leads out of it"),
        (lambda: tar(info("a\nb")), "on one line"),
        (lambda: tar(info("a\\b")), "on one line"),
        (lambda: tar(info("l", tarfile.SYMTYPE, "/etc"), info("l/passwd")), "below 'l'"),
        (lambda: tar(info("p", tarfile.FIFOTYPE)), "device or a fifo"),
        (_locked, "password"),
        (_crowd, f"more than {MOST_MEMBERS} entries"),
        (_many, f"more than {MOST_MEMBERS} entries"),
    ],
)
def test_what_cannot_or_must_not_be_unpacked_is_refused(
    make: Callable[[], bytes], said: str
) -> None:
    with pytest.raises(BadArchive, match=said):
        read_archive(io.BytesIO(make()))


def test_a_bad_archive_is_told_where_the_playbook_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(b"no archive")
    finder = Finder(files=DiskFiles(), root=tmp_path)
    with pytest.raises(UsageError) as refused:
        finder.archive(tmp_path / "a.tgz", Where("p.yml", 3, 7))
    assert str(refused.value).startswith(f"p.yml:3:7 '{tmp_path}/a.tgz' is no tar or zip file")
