"""Where files are read from, and where they are looked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mplay.model.change import Blob
from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text
from mplay.model.sealed import Sealed
from mplay.sdk import Archive
from mplay.source import MAX_BYTES, Vault, decode, is_encrypted
from mplay.spec.archives import BadArchive, read_archive


class FileSource(Protocol):
    """A place that files are read from; paths are as the playbook's own path was given."""

    def read_bytes(self, path: Path) -> bytes:
        """The file's bytes; one byte more than 1 MiB is enough of them. OSError."""
        ...

    def exists(self, path: Path) -> bool:
        """Whether there is a file (no folder) of that path."""
        ...


class DiskFiles:
    """The files of this machine."""

    def read_bytes(self, path: Path) -> bytes:
        """The file's bytes, up to a little more than 1 MiB. OSError."""
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)

    def exists(self, path: Path) -> bool:
        """Whether there is a file of that path; a folder is none."""
        try:
            return path.exists() and not path.is_dir()
        except (OSError, ValueError):
            return False


class KeptFiles:
    """The sources that a journal kept; content that travels as blobs is still the disk's."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources
        self._disk = DiskFiles()

    def read_bytes(self, path: Path) -> bytes:
        """A kept source. FileNotFoundError for one that was not kept."""
        try:
            return self._sources[str(path)].encode()
        except KeyError:
            raise FileNotFoundError(2, "the journal did not keep it", str(path)) from None

    def exists(self, path: Path) -> bool:
        """Whether it was kept, or is on the disk."""
        return str(path) in self._sources or self._disk.exists(path)


@dataclass(slots=True, kw_only=True)
class Finder:
    """Reads files, remembers what it read in `sources`, and looks for those of steps.

    A step's file is looked for in ``files/`` or ``templates/`` beside the file in which the step
    stands, then beside the files that include it (`included_by`), then beside mplay.toml (`root`).
    `vault` opens those that are encrypted; `sources` keeps them as they are.
    """

    files: FileSource
    root: Path
    sources: MutableMapping[str, str] = field(default_factory=dict)
    included_by: MutableMapping[str, str] = field(default_factory=dict)
    vault: Vault = field(default_factory=Vault)
    _blobs: dict[str, Blob] = field(default_factory=dict)
    _archives: dict[str, Archive] = field(default_factory=dict)

    def read(self, path: Path, where: Where | None = None) -> str:
        """The text of a source, kept in `sources`. UsageError at `where`, or at the file itself."""
        name = str(path)
        if name not in self.sources:
            self.sources[name] = decode(self._bytes(path, where), name)
        return self.sources[name]

    def template(self, path: Path, where: Where) -> Text:
        """A template as a text that knows its places."""
        text = self.read(path, where)
        if is_encrypted(text):
            text = self.vault.text(text, Where(str(path)))
        return Text(text, Where(str(path), 1, 1))

    def blob(self, path: Path, where: Where) -> Blob:
        """A file that travels as it is; its digest is computed once."""
        name = str(path)
        if name not in self._blobs:
            try:
                self._blobs[name] = self._secret(path) or Blob.of_file(path)
            except (OSError, ValueError) as error:
                raise UsageError(f"cannot read '{name}': {reason(error)}", where=where) from error
        return self._blobs[name]

    def is_secret(self, path: Path) -> bool:
        """Whether a file is encrypted, so that all that is inside it is a secret. OSError."""
        with path.open("rb") as file:
            return is_encrypted(file.read(64))

    def _secret(self, path: Path) -> Blob | None:
        """What is inside a file that is encrypted, or None where it is not. OSError."""
        if not self.is_secret(path):
            return None
        where = Where(str(path))
        envelope = decode(self._bytes(path, where), str(path))
        content = self.vault.decrypt(envelope, where)
        text = content.decode("utf-8", "surrogateescape")
        self.vault.know(text, Sealed(envelope=envelope, where=where).reference)
        return Blob.of_bytes(content)

    def archive(self, path: Path, where: Where) -> Archive:
        """What is in an archive; it is read once. UsageError."""
        name = str(path)
        if name not in self._archives:
            try:
                with path.open("rb") as file:
                    self._archives[name] = read_archive(file)
            except BadArchive as error:
                raise UsageError(f"'{name}' {error}", where=where) from error
            except (OSError, ValueError) as error:
                raise UsageError(f"cannot read '{name}': {reason(error)}", where=where) from error
        return self._archives[name]

    def find(self, folder: str, name: str, where: Where) -> Path:
        """The path of a step's file, `folder` being ``files`` or ``templates``. UsageError."""
        if not name or "\0" in name:
            raise UsageError("this is no file name", where=where)
        tried = list(dict.fromkeys(self._candidates(folder, name, where)))
        for path in tried:
            if self.files.exists(path):
                return path
        for path in tried:
            if path.is_dir():
                raise UsageError(
                    f"'{name}' is a folder, not a file",
                    where=where,
                    hint="loop over its files, or pack it and unpack it there with unarchive",
                )
        places = ", ".join(str(path) for path in tried)
        raise UsageError(f"there is no file '{name}'", where=where, hint=f"looked for {places}")

    def _candidates(self, folder: str, name: str, where: Where) -> Iterator[Path]:
        if os.path.isabs(name):  # noqa: PTH117 a text, not a path of this machine yet
            yield Path(name)
            return
        file, seen = where.file, set[str]()
        while file and file not in seen:
            seen.add(file)
            yield tidy(Path(file).parent / folder / name)
            file = self.included_by.get(file, "")
        yield tidy(self.root / folder / name)

    def _bytes(self, path: Path, where: Where | None) -> bytes:
        try:
            return self.files.read_bytes(path)
        except (OSError, ValueError) as error:
            place = where or Where(str(path))
            what = reason(error) if where is None else f"cannot read '{path}': {reason(error)}"
            raise UsageError(what, where=place) from error


def reason(error: Exception) -> str:
    """Why a file cannot be read, in words of our own."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "this is a folder, not a file"
    if isinstance(error, PermissionError):
        return "permission denied"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "this is no path of a file"


def tidy(path: Path) -> Path:
    """The path without ``.`` and ``..``, as it is written otherwise."""
    return Path(os.path.normpath(path))
