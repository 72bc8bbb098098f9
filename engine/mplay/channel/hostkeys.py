"""Host keys: where known ones are looked for, what is said of others, how one is recorded."""

from __future__ import annotations

import base64
import hmac
import stat
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
    """Record a key on purpose, in place of all others under the same name in that file. OSError."""
    file = file.resolve()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode, old = 0o600, b""
    if file.exists():
        mode, old = stat.S_IMODE(file.stat().st_mode), file.read_bytes()
    kept = [rest for line in old.splitlines() if (rest := _without(line, key.name.encode()))]
    fresh = file.with_name(file.name + ".new")
    fresh.write_bytes(b"".join(line + b"\n" for line in (*kept, key.line.strip().encode())))
    fresh.chmod(mode)
    fresh.replace(file)


def _without(line: bytes, name: bytes) -> bytes:
    """A line of a known_hosts file without a name; b"" when it was the line's only one."""
    names, _, rest = line.partition(b" ")
    if not rest or names.startswith((b"#", b"@")):
        return line
    kept = [one for one in names.split(b",") if one != name and not _hides(one, name)]
    return b",".join(kept) + b" " + rest if kept else b""


def _hides(hashed: bytes, name: bytes) -> bool:
    """Whether ``|1|SALT|HASH`` stands for the name, as `ssh-keygen -H` writes it."""
    try:
        _, version, salt, digest = hashed.split(b"|")
        found = hmac.digest(base64.b64decode(salt), name, "sha1")
        return version == b"1" and found == base64.b64decode(digest)
    except ValueError:
        return False


def _names(files: Sequence[Path]) -> str:
    existing = [str(file) for file in files if file.exists()]
    return " or ".join(existing or [str(files[0])])
