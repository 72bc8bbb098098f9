"""Whether this machine can run a lab; every finding that is not well names the command to mend it.

The trials are real ones, made in namespaces of their own, so that they leave nothing behind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mplay.lab.cgroup import cgroup2_mount
from mplay.lab.command import run
from mplay.lab.images import base_name
from mplay.lab.mirror import machine_mirror
from mplay.lab.network import NET, subnet_route
from mplay.lab.place import Place
from mplay.lab.store import Store
from mplay.model.errors import MplayError

PACKAGES = {
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "dpkg-deb": "dpkg",
    "apt-get": "apt",
}
"""Each program that the lab calls, and the Debian package that has it."""

_DISK_NEEDED = 2 * 1024**3
_OVERLAY_TRIAL = (
    "mkdir -p {0}/low {0}/up {0}/work {0}/all && "
    "mount -t overlay overlay -o lowerdir={0}/low,upperdir={0}/up,workdir={0}/work {0}/all && "
    "touch {0}/all/file"
)
_LINK_TRIAL = "ip link add lab0 type bridge && ip link add lab1 type veth peer name lab2"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that a lab needs: whether it is well, and else what to do."""

    well: bool
    what: str
    mend: str = ""


def examine(place: Place) -> list[Finding]:
    """Look at everything that a lab needs of this machine."""
    first = [_rights()]
    if first[0].well:
        first.append(_programs())
    if not first[-1].well:
        return first
    checks: tuple[Callable[[], Finding], ...] = (
        _cgroup,
        lambda: _overlay(place),
        _namespaces,
        _links,
        lambda: _subnet(place),
        lambda: _firewall(place),
        lambda: _debian(place),
        lambda: _disk(place),
        _null_device,
    )
    return [*first, *(check() for check in checks)]


def _rights() -> Finding:
    if sys.platform != "linux":
        return Finding(well=False, what="not Linux", mend="Run it in a Linux virtual machine.")
    if os.geteuid():
        return Finding(well=False, what="not root", mend="Run the same command with sudo.")
    return Finding(well=True, what="root on Linux")


def _programs() -> Finding:
    missing = sorted({package for name, package in PACKAGES.items() if not shutil.which(name)})
    if missing:
        return Finding(
            well=False,
            what=f"programs are missing: {', '.join(missing)}",
            mend=f"apt-get update && apt-get install -y {' '.join(missing)}",
        )
    return Finding(well=True, what="all programs are there")


def _cgroup() -> Finding:
    try:
        mount = cgroup2_mount()
    except MplayError as error:
        return Finding(well=False, what=error.problem.what, mend=error.problem.hint)
    trial = mount / f"mplay-lab-trial-{os.getpid()}"
    try:
        trial.mkdir()
        kills = (trial / "cgroup.kill").exists()
        trial.rmdir()
    except OSError as error:
        return Finding(
            well=False,
            what=f"cgroup2 at {mount} is not writable: {error.strerror}",
            mend=f"mount -o remount,rw {mount}   (in a container: start it with --privileged)",
        )
    if not kills:
        return Finding(
            well=False, what="cgroup2 has no cgroup.kill", mend="Use Linux 5.14 or newer."
        )
    return Finding(well=True, what=f"cgroup2 at {mount}")


def _overlay(place: Place) -> Finding:
    above = place.state if place.state.is_dir() else place.state.parent
    folder = above / f".mplay-lab-trial-{os.getpid()}"
    try:
        tried = _try(["unshare", "--mount", "sh", "-c", _OVERLAY_TRIAL.format(folder)])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if tried:
        return Finding(
            well=False,
            what=f"no overlay file system over {above}: {tried}",
            mend="modprobe overlay   (and let /var/lib be ext4 or xfs, not itself an overlay)",
        )
    return Finding(well=True, what=f"overlay file systems over {above}")


def _namespaces() -> Finding:
    kinds = ["--net", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork"]
    tried = _try(["unshare", *kinds, "true"])
    if tried:
        return Finding(
            well=False,
            what=f"no namespaces: {tried}",
            mend="Run on the machine itself, or in a container started with --privileged.",
        )
    return Finding(well=True, what="namespaces")


def _links() -> Finding:
    tried = _try(["unshare", "--net", "sh", "-c", _LINK_TRIAL])
    if tried:
        return Finding(
            well=False, what=f"no bridge or veth: {tried}", mend="modprobe bridge && modprobe veth"
        )
    return Finding(well=True, what="bridge and veth")


def _subnet(place: Place) -> Finding:
    subnet = f"{place.network}.0.0/16"
    foreign = subnet_route(place)
    if foreign:
        return Finding(
            well=False,
            what=f"the lab's network {subnet} is in use: {foreign}",
            mend=f"ip route del {foreign}   (or choose another lab with MPLAY_LAB_NAME=other)",
        )
    note = "the lab is using it" if (NET / place.bridge).exists() else "free"
    return Finding(well=True, what=f"network {subnet}: {note}")


def _firewall(place: Place) -> Finding:
    """Container engines let bridged packets pass the firewall, and drop those that they forward."""
    filtered = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    rules = ""
    if filtered.exists() and filtered.read_text().strip() == "1" and shutil.which("iptables"):
        rules = run(["iptables", "-S", "FORWARD"], check=False)
    if "-P FORWARD DROP" in rules and f"-i {place.bridge} " not in rules:
        return Finding(
            well=False,
            what="the firewall drops what lab hosts send to each other",
            mend=f"iptables -I FORWARD -i {place.bridge} -o {place.bridge} -j ACCEPT",
        )
    return Finding(well=True, what="lab hosts may talk to each other")


def _debian(place: Place) -> Finding:
    if Store(place.cache).has(base_name()):
        return Finding(well=True, what="the base system is in the cache")
    try:
        mirror = machine_mirror()
    except MplayError as error:
        return Finding(well=False, what=error.problem.what, mend=error.problem.hint)
    return Finding(well=True, what=f"apt reaches Debian {mirror.codename}")


def _disk(place: Place) -> Finding:
    poor = [folder for folder in _folders(place) if shutil.disk_usage(folder).free < _DISK_NEEDED]
    if poor:
        return Finding(
            well=False,
            what=f"less than 2 GiB free on {poor[0]}",
            mend=f"Make room; `mplay lab down && rm -rf {place.cache}` frees what the lab took.",
        )
    return Finding(well=True, what="room on the disk")


def _folders(place: Place) -> Iterator[Path]:
    for folder in (place.cache, place.state):
        yield next(path for path in (folder, *folder.parents) if path.is_dir())


def _null_device(device: Path = Path("/dev/null")) -> Finding:
    mode = device.stat().st_mode & 0o777
    if mode != 0o666:
        return Finding(
            well=False, what=f"{device} has the mode {mode:o}", mend=f"chmod 666 {device}"
        )
    return Finding(well=True, what=f"{device} is open to all")


def _try(argv: Sequence[str]) -> str:
    """Run a trial; return what went wrong, or nothing."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except OSError as error:
        return error.strerror or str(error)
    return (done.stderr.strip() or f"exit code {done.returncode}") if done.returncode else ""
