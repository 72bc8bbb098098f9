"""What a lab could leave behind on this machine."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

from mplay.lab.cgroup import cgroup2_mount
from mplay.lab.place import Place

_SETTINGS = (
    "fs/inotify/max_user_instances",
    "fs/inotify/max_user_watches",
    "fs/protected_hardlinks",
    "fs/protected_symlinks",
    "kernel/hostname",
    "net/ipv4/ip_forward",
)


def traces(place: Place) -> set[str]:
    """Return every process, mount, link, cgroup and loop device that belongs to a lab."""
    words = (str(place.state) + "/", str(place.cache) + "/building-", f"/{place.cgroup_name}/")
    found = {f"link {path.name}" for path in Path("/sys/class/net").glob(f"{place.bridge}*")}
    found |= {f"cgroup {path}" for path in [cgroup2_mount() / place.cgroup_name] if path.exists()}
    found |= {f"leftover {path}" for path in place.cache.glob("building-*")}
    loops = subprocess.run(["losetup", "--list"], capture_output=True, text=True, check=False)
    found |= {f"loop {line}" for line in loops.stdout.splitlines() if words[0] in line}
    found |= {f"file {path}" for path in place.run.glob(f"*/lab-{place.name}")}
    found |= {f"host {path.name}" for path in place.hosts.glob("*")}
    for process in Path("/proc").glob("[0-9]*"):
        found |= _traces_of(process, words)
    return found


def settings() -> dict[str, str]:
    """Return what a lab must not change on the machine."""
    found = {name: (Path("/proc/sys") / name).read_text() for name in _SETTINGS}
    for device in ("null", "zero", "urandom", "tty"):
        status = (Path("/dev") / device).stat()
        mode = stat.filemode(status.st_mode)
        found[f"/dev/{device}"] = f"{mode} {status.st_uid}:{status.st_gid}"
    return found


def _traces_of(process: Path, words: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    try:
        command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        told = command + (process / "environ").read_bytes().decode(errors="replace")
        for name in ("cgroup", "mountinfo"):
            told += (process / name).read_text()
    except OSError:
        return found
    if any(word in told for word in words):
        found.add(f"process {process.name} {command}")
    return found
