"""The files of the controller that templates may read, with ``lookup('file', …)`` and its like."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mplay.model.errors import UsageError, Where
from mplay.model.sealed import Sealed
from mplay.source import MAX_BYTES, decode, is_encrypted
from mplay.spec.files import Finder, reason, tidy

_SENT = ("files", "templates")
_MAX_MATCHES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupFiles:
    """Files beside the playbook's files, beside the playbook itself, and in the project's root.

    In each place they are looked for in the folder that is named, then in the place itself. A name
    that is not free leads to nothing but what lies under ``files/`` or ``templates/``, symbolic
    links followed. `check` is told of every content that is read, and may refuse it.
    """

    finder: Finder
    playbook_dir: Path
    check: Callable[[Path, str], None] = lambda _path, _digest: None

    def find(self, folder: str, name: str, near: str, *, free: bool) -> Path:
        """The file of that name. ValueError."""
        self._check(name)
        for path in self._candidates(folder, name, near, free=free):
            if path.is_file():
                return self._within(path, name, near, free=free)
        raise ValueError(f"there is no file '{name}'{'' if free else _CONFINED}")

    def matching(self, pattern: str, near: str, *, free: bool) -> list[Path]:
        """The files that a pattern fits in the first place where there is one, sorted."""
        self._check(pattern)
        folder, _, last = pattern.rpartition("/")
        for path in self._candidates("files", folder or ".", near, free=free):
            found = sorted(p for _, p in zip(range(_MAX_MATCHES), path.glob(last), strict=False))
            if files := [one for one in found if one.is_file()]:
                return [self._within(one, pattern, near, free=free) for one in files]
        return []

    def text(self, path: Path) -> str:
        """The content of a file. ValueError."""
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
            self.check(path, hashlib.sha256(raw).hexdigest())
            text = decode(raw, str(path))
            return self._opened(text, Where(str(path))) if is_encrypted(raw) else text
        except OSError as error:
            raise ValueError(f"cannot read '{path}': {reason(error)}") from error
        except UsageError as error:
            raise ValueError(str(error.problem)) from error

    def _opened(self, envelope: str, where: Where) -> str:
        """What is encrypted; known as a secret also without the blanks around it."""
        sealed = Sealed(envelope=envelope, where=where)
        text = str(self.finder.vault.open(sealed))
        self.finder.vault.know(text.strip(), f"{sealed.reference}#stripped")
        return text

    def _check(self, name: str) -> None:
        if not name or "\0" in name:
            raise ValueError("this is no file name")

    def _candidates(self, folder: str, name: str, near: str, *, free: bool) -> Iterator[Path]:
        path = Path(name).expanduser() if free else Path(name)
        if path.is_absolute():
            yield path
            return
        for base in self._bases(near):
            yield tidy(base / folder / path)
            if free:
                yield tidy(base / path)

    def _bases(self, near: str) -> Iterator[Path]:
        file, seen = near, set[str]()
        while file and file not in seen:
            seen.add(file)
            yield Path(file).parent
            file = self.finder.included_by.get(file, "")
        yield self.playbook_dir
        yield self.finder.root

    def _within(self, path: Path, name: str, near: str, *, free: bool) -> Path:
        real = path.resolve()
        homes = (base / folder for base in self._bases(near) for folder in _SENT)
        if not free and not any(real.is_relative_to(home.resolve()) for home in homes):
            raise ValueError(f"'{name}' may not be read{_CONFINED}")
        return path


_CONFINED = (
    "; a name that does not stand in a file as it is can only be that of a file under files/ or "
    "templates/"
)


def unchanged(root: Path, known: Mapping[str, str]) -> Callable[[Path, str], None]:
    """Refuses a content that is not what it was when the run began (`known`: path -> SHA-256)."""

    def check(path: Path, digest: str) -> None:
        name = os.path.relpath(path.absolute(), root.absolute())
        if known.get(name, digest) != digest:
            raise ValueError(f"{path} is not what it was when the run began; put the old one back")

    return check
