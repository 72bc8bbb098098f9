"""Host keys: where known ones are looked for, what is said of others, how one is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mplay.model.errors import HostRefused

_USER = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
_SYSTEM = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")


@dataclass(frozen=True, slots=True)
class HostKey:
    """A host's public key; `name` as known_hosts files write it: ``host`` or ``[host]:port``."""

    name: str
    kind: str
    base64: str
    fingerprint: str

    @property
    def line(self) -> str:
        """The line of a known_hosts file."""
        return f"{self.name} {self.kind} {self.base64}\n"


def known_files(user_files: str) -> list[Path]:
    """The files that are asked: the user's (or those of UserKnownHostsFile), then the system's."""
    names = user_files.split() or list(_USER)
    return [Path(name).expanduser() for name in (*names, *_SYSTEM)]


def unknown(host: str, key: HostKey, files: Sequence[Path]) -> HostRefused:
    """The refusal of a key that no file has."""
    return HostRefused(
        host,
        f"its host key is unknown: {key.kind} {key.fingerprint}, not in {_names(files)}",
        hint=f"compare the fingerprint with the host's own, then: mplay inventory trust {host}",
    )


def changed(host: str, key: HostKey, known: HostKey, files: Sequence[Path]) -> HostRefused:
    """The refusal of a key that is not the one on record: somebody else may be answering."""
    return HostRefused(
        host,
        f"its host key has CHANGED: it shows {key.kind} {key.fingerprint}, "
        f"but {_names(files)} has {known.kind} {known.fingerprint}",
        hint="somebody else may be answering. If the host was set up anew and the fingerprint is "
        f"its own: mplay inventory trust {host}",
    )


def remember(key: HostKey, file: Path) -> None:
    """Record a key on purpose, in place of any other under the same name in that file. OSError."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    old = file.read_text("utf-8") if file.exists() else ""
    kept = [line for line in old.splitlines() if line.split(" ")[:1] != [key.name]]
    fresh = file.with_name(file.name + ".new")
    fresh.write_text("".join(f"{line}\n" for line in kept) + key.line, "utf-8")
    fresh.chmod(0o600)
    fresh.replace(file)


def _names(files: Sequence[Path]) -> str:
    existing = [str(file) for file in files if file.exists()]
    return " or ".join(existing or [str(files[0])])
