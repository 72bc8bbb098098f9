"""What a module says: facts, the change that is needed, the verdict of a check. Data, not code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias

Facts: TypeAlias = Mapping[str, str]
"""What a probe saw: a flat map; keys are global to a host and name the resource."""

Script: TypeAlias = str
"""POSIX shell. Built with `mplay.sdk.sh` only, never with an f-string."""


SMALL = 64 * 1024
"""Content up to this many bytes is kept in memory, and may show in a diff."""


class WayBack(StrEnum):
    """How a task is undone; a module says it from its arguments alone."""

    RESTORE = "restore"
    HARMLESS = "harmless"
    NONE = "none"


class Certainty(StrEnum):
    """What a dry-run may say of a task before it has run."""

    CERTAIN = "certain"
    """probe + plan decide: *no change* or *would change*."""
    ACTS = "acts"
    """It does its work each time it is reached: *would change*."""
    UNKNOWN = "unknown"
    """Nobody can tell without running it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """Content too large for a script; on the host it is the file ``"$MPLAY_BLOBS"/SHA``.

    It is in `path` (a file of the controller), in memory as `data`, or, where the file is small, in
    both; with `host` it is a file of that host. `sha256` is in hex, `size` in bytes.
    """

    sha256: str
    size: int
    path: str = ""
    host: str = ""
    data: bytes = field(default=b"", repr=False)

    @classmethod
    def of_bytes(cls, data: bytes) -> Blob:
        """A blob held in memory: a rendered template."""
        return cls(sha256=hashlib.sha256(data).hexdigest(), size=len(data), data=data)

    @classmethod
    def of_file(cls, path: Path) -> Blob:
        """A blob that stays in its file; read once, in pieces, for its digest. OSError.

        A small one is kept in memory too, so that a diff can show it.
        """
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            if size > SMALL:
                return cls(sha256=digest, size=size, path=str(path))
            file.seek(0)
            return replace(cls.of_bytes(file.read(SMALL)), path=str(path))

    def reference(self) -> dict[str, Any]:
        """What the journal keeps of it."""
        place = {"path": self.path, "host": self.host} if self.host else {"path": self.path}
        return {"sha256": self.sha256, "size": self.size, **place}

    @property
    def place(self) -> str:
        """Where it is, for people; '' for what is in memory only."""
        return f"{self.host}:{self.path}" if self.host else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What a call must know of another host before it is planned: a probe that is asked there."""

    host: str
    probe: Script

    def key(self, fact: str) -> str:
        """The key under which `plan` sees a fact of that host."""
        return f"from:{self.host}:{fact}"

    def facts(self, there: Facts) -> dict[str, str]:
        """Facts of that host as `plan` sees them."""
        return {self.key(fact): value for fact, value in there.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """Before and after, as text for people; only content that everybody may read."""

    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The plan of one task: complete, and undoable, before anything has run.

    `save`, `apply` and `restore` run as ``sh -eu`` with ``$MPLAY_SAVE`` (a directory of this
    attempt on the host, 0700) and ``$MPLAY_BLOBS``. `restore` is literal and safe when apply has
    not begun, is half done, is done, or was restored already. `expect` must hold afterwards: it is
    the verification. `restored` must hold after restore; None: all that was seen before.
    `settle` (seconds): poll the probe until `expect` holds or that long has passed. `probe`: asked
    for `expect` instead of the module's own, where the answer is a relation to what was seen: it
    carries the old value. `reconnect`: the host goes away and comes back; nothing that was asked
    before that counts, and an attempt that its reboot cut off is polled for as well.
    `confined`: it touches nothing but what the keys of `expect` and `restored` name, and nobody can
    see the same thing under other keys. `needs_space` (bytes) is what `save` will take on the host,
    where it is known.
    """

    summary: str
    apply: Script
    restore: Script | None
    save: Script = ""
    expect: Facts = field(default_factory=dict)
    restored: Facts | None = None
    diff: tuple[Diff, ...] = ()
    blobs: tuple[Blob, ...] = ()
    settle: float = 0.0
    probe: Script = ""
    reconnect: bool = False
    restore_needs_secrets: bool = False
    needs_space: int = 0
    confined: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain data; `blobs` by reference, their bytes are not kept."""
        data = asdict(self)
        data["blobs"] = [blob.reference() for blob in self.blobs]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Change:
        """The inverse of `as_json`."""
        rest = {k: v for k, v in data.items() if k not in {"diff", "blobs"}}
        return cls(
            **rest,
            diff=tuple(Diff(**d) for d in data.get("diff", ())),
            blobs=tuple(Blob(**b) for b in data.get("blobs", ())),
        )


class Judgement(StrEnum):
    """What a check found; `warning` and `unknown` meet a need and are findings."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The result of a check: judgement, reasons for people, measurements for the journal."""

    judgement: Judgement
    reasons: tuple[str, ...] = ()
    measurements: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a check looks again before it has failed, in seconds.

    `delay` passes before the first look, `every` between two, and `until` is all of it.
    """

    until: float
    every: float = 1.0
    delay: float = 0.0


def unmet(expect: Facts, seen: Facts) -> dict[str, tuple[str, str | None]]:
    """Expected facts that do not hold: ``{key: (wanted, got)}``, got None where unseen."""
    return {k: (v, seen.get(k)) for k, v in expect.items() if seen.get(k) != v}
