"""The keys of the lab: one for its operator, one for each host; kept over ``down`` and ``up``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mplay.lab.command import run
from mplay.lab.place import Place
from mplay.lab.platform import HostSpec


def operator_key(place: Place) -> Path:
    """Return the private key that opens every host of this lab, making it when it is missing."""
    return _key(place, "ops", comment="mplay-lab")


def host_key(place: Place, spec: HostSpec) -> Path:
    """Return a host's private key, making it when it is missing; a reset host keeps its key."""
    return _key(place, f"host-{spec.name}", comment=spec.name)


def write_known_hosts(place: Place, specs: Iterable[HostSpec]) -> None:
    """Write the file by which OpenSSH knows these hosts, by address and by name."""
    lines = []
    for spec in sorted(specs, key=lambda spec: spec.name):
        kind, key, *_comment = host_key(place, spec).with_suffix(".pub").read_text().split()
        lines.append(f"{place.address(spec.low)},{spec.name} {kind} {key}\n")
    half = place.known_hosts.with_suffix(".new")
    half.write_text("".join(lines))
    half.rename(place.known_hosts)


def _key(place: Place, name: str, *, comment: str) -> Path:
    place.keys.mkdir(parents=True, exist_ok=True)
    place.keys.chmod(0o700)
    path = place.keys / name
    if not path.exists():
        half = place.keys / f"{name}.new"
        half.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(half)])
        half.with_suffix(".new.pub").rename(path.with_suffix(".pub"))
        half.rename(path)
    return path
