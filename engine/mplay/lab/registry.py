"""What a lab knows about its hosts: a record beside each host's disk, and its living processes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mplay.lab.cgroup import cgroup2_mount
from mplay.lab.place import Place
from mplay.lab.platform import HostSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One host: what it is, what it runs on, and the process that keeps it."""

    spec: HostSpec
    lower: tuple[str, ...]
    disk: str
    keeper: int = 0
    ready: bool = False


def group_of(place: Place, name: str = "") -> Path:
    """Return the cgroup of a lab, or of one of its hosts."""
    group = cgroup2_mount() / place.cgroup_name
    return group / name if name else group


def folder_of(place: Place, name: str) -> Path:
    """Return the directory of one host."""
    return place.hosts / name


def records(place: Place) -> dict[str, Record]:
    """Return the records of all hosts of a lab, by name."""
    found = {}
    for path in sorted(place.hosts.glob("*/host.json")):
        content = json.loads(path.read_text())
        spec = HostSpec(**content.pop("spec"))
        found[spec.name] = Record(spec=spec, lower=tuple(content.pop("lower")), **content)
    return found


def write(place: Place, record: Record) -> None:
    """Keep a record; a reader sees the old one or the new one, never a part."""
    path = folder_of(place, record.spec.name) / "host.json"
    half = path.with_suffix(".new")
    half.write_text(json.dumps(asdict(record), indent=2))
    half.rename(path)


def is_alive(place: Place, record: Record) -> bool:
    """Whether the host's keeper runs; its number alone could be another process's by now."""
    if not record.keeper:
        return False
    listing = group_of(place, record.spec.name) / "keeper" / "cgroup.procs"
    try:
        return str(record.keeper) in listing.read_text().split()
    except FileNotFoundError:
        return False


def root_of(place: Place, record: Record) -> Path:
    """Return where the host's merged root file system is readable, without its mounts."""
    merged = folder_of(place, record.spec.name) / "merged"
    return Path(f"/proc/{record.keeper}/root{merged}")
