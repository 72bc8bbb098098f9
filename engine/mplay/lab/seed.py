"""What makes one host itself: the first files on its own disk, written before it ever runs."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from mplay.lab.keys import host_key, operator_key
from mplay.lab.place import Place
from mplay.lab.platform import PLATFORM, HostSpec, peers

SEEDS = Path(__file__).parent / "files" / "seeds"
_USERS = {"root": 0, "home/ops": 1000, "home/nosudo": 1001}


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    path: str
    content: str
    mode: int = 0o644
    owner: int = 0


def seed(place: Place, spec: HostSpec, lower: Sequence[Path], disk: Path) -> None:
    """Make a host's disk: an overlay's upper directory that holds nothing but its identity."""
    half = disk.with_name(f"{disk.name}.new")
    shutil.rmtree(half, ignore_errors=True)
    upper = half / "upper"
    upper.mkdir(parents=True)
    (half / "work").mkdir()
    _like_lower(upper, Path(), lower)
    for file in _files(place, spec):
        _write(upper, file, lower)
    half.rename(disk)


def _files(place: Place, spec: HostSpec) -> Iterator[_File]:
    yield _File(path="etc/hostname", content=f"{spec.name}\n")
    yield _File(path="etc/hosts", content=_hosts(place, spec))
    yield _File(
        path="etc/resolv.conf",
        content="# No name server: lab hosts are offline and know each other by /etc/hosts.\n",
    )
    yield _File(path="etc/machine-id", content=f"{secrets.token_hex(16)}\n", mode=0o444)
    key = host_key(place, spec)
    yield _File(path="etc/ssh/ssh_host_ed25519_key", content=key.read_text(), mode=0o600)
    yield _File(
        path="etc/ssh/ssh_host_ed25519_key.pub", content=key.with_suffix(".pub").read_text()
    )
    public = operator_key(place).with_suffix(".pub").read_text()
    for home, owner in _USERS.items():
        yield _File(path=f"{home}/.ssh/authorized_keys", content=public, mode=0o600, owner=owner)
    folder = SEEDS / spec.role
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            text = Template(path.read_text()).substitute(_names(place, spec))
            yield _File(path=str(path.relative_to(folder)), content=text)


def _names(place: Place, spec: HostSpec) -> dict[str, str]:
    servers = (
        f"    server {web.name} {place.address(web.low)}:80 check" for web in peers(spec, "web")
    )
    return {"servers": "\n".join(servers)}


def _hosts(place: Place, spec: HostSpec) -> str:
    others = PLATFORM if spec in PLATFORM else (*PLATFORM, spec)
    lines = [f"{place.address(other.low)} {other.name}" for other in others]
    return "\n".join(("127.0.0.1 localhost", "::1 localhost", *lines, ""))


def _write(upper: Path, file: _File, lower: Sequence[Path]) -> None:
    relative = Path(file.path)
    for parent in reversed(relative.parents[:-1]):
        if not (upper / parent).exists():
            (upper / parent).mkdir()
            _like_lower(upper / parent, parent, lower)
            if parent.name == ".ssh":
                (upper / parent).chmod(0o700)
                os.chown(upper / parent, file.owner, file.owner)
    path = upper / relative
    path.write_text(file.content)
    path.chmod(file.mode)
    os.chown(path, file.owner, file.owner)


def _like_lower(path: Path, relative: Path, lower: Sequence[Path]) -> None:
    # A directory of the upper tree hides mode and owner of the one below it.
    for layer in lower:
        if (layer / relative).is_dir():
            below = (layer / relative).stat()
            path.chmod(below.st_mode & 0o7777)
            os.chown(path, below.st_uid, below.st_gid)
            return
    path.chmod(0o755)
