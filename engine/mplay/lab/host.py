"""Starting and stopping hosts, and running a command inside one without its network."""

from __future__ import annotations

import dataclasses
import os
import select
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mplay.lab import cgroup, network
from mplay.lab.command import LabFailed
from mplay.lab.place import Place
from mplay.lab.registry import Record, folder_of, group_of, write
from mplay.model.errors import HostError

SCRIPTS = Path(__file__).parent / "scripts"
_SYSTEMD = "/lib/systemd/systemd"
_SSHD = "/usr/sbin/sshd -D -e"


@dataclasses.dataclass(kw_only=True, slots=True)
class _Waking:
    """A keeper that mounted its disk and waits for its link."""

    record: Record
    pid: int
    go: int


def start(place: Place, wanted: Sequence[Record]) -> list[Record]:
    """Start these hosts on their disks, all at once; return their records with their keepers."""
    waking = []
    try:
        pipes = [(record, *_launch(place, record)) for record in wanted]
        for record, said, go in pipes:
            waking.append(_Waking(record=record, pid=_read_pid(place, record, said), go=go))
        ends = [(place.veth(host.record.spec.low), host.pid) for host in waking]
        network.connect(place, ends)
        started = []
        for host in waking:
            record = dataclasses.replace(host.record, keeper=host.pid, ready=False)
            write(place, record)
            os.write(host.go, b"go\n")
            started.append(record)
        return started
    finally:
        for host in waking:
            os.close(host.go)


def stop(place: Place, name: str) -> None:
    """End every process of a host, whatever state it is in; its disk stays."""
    cgroup.kill(group_of(place, name))


def remove(place: Place, name: str) -> None:
    """End a host and delete its disk."""
    stop(place, name)
    shutil.rmtree(folder_of(place, name), ignore_errors=True)


def init_of(place: Place, name: str) -> int:
    """Return the machine's number of a host's process 1, or 0 while there is none."""
    for pid in cgroup.processes(group_of(place, name) / "host"):
        with suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text()
            numbers = next(line for line in status.splitlines() if line.startswith("NSpid:"))
            if len(numbers.split()) > 2 and numbers.split()[-1] == "1":
                return pid
    return 0


def inside(place: Place, name: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script in a host's namespaces, without its network or its sshd."""
    pid = init_of(place, name)
    if not pid:
        raise HostError(name, "is not running.", hint="Run `mplay lab up` again.")
    return subprocess.run(
        ["nsenter", "--target", str(pid), "--all", "sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        stdin=subprocess.DEVNULL,
    )


def _launch(place: Place, record: Record) -> tuple[int, int]:
    """Start a keeper; return what reads its number and what tells it to go on."""
    name = record.spec.name
    stop(place, name)
    group = group_of(place, name)
    for part in ("keeper", "host"):
        (group / part).mkdir(parents=True)
    folder = folder_of(place, name)
    said, says = os.pipe()
    hears, go = os.pipe()
    # The shell enters the cgroup before it becomes anything that lasts: whatever happens to this
    # process from here on, `down` finds the keeper there.
    enter = 'echo $$ >"$LAB_CGROUP/keeper/cgroup.procs" && exec setsid --fork "$@"'
    keeper = ["unshare", "--net", "--mount", "--propagation", "slave"]
    with (folder / "keeper.log").open("ab") as log:
        launched = subprocess.run(
            ["sh", "-c", enter, "keeper", *keeper, "sh", str(SCRIPTS / "keeper.sh")],
            env=_environment(place, record),
            stdin=hears,
            stdout=says,
            stderr=log,
            check=False,
        )
    os.close(says)
    os.close(hears)
    if launched.returncode:
        raise LabFailed(f"{name}: its keeper did not start.", hint=f"See {folder / 'keeper.log'}.")
    return said, go


def _environment(place: Place, record: Record) -> dict[str, str]:
    spec, folder = record.spec, folder_of(place, record.spec.name)
    return {
        "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin",
        "LAB_NAME": spec.name,
        "LAB_DIR": str(folder),
        "LAB_LOWER": ":".join(record.lower),
        "LAB_DISK": str(folder / record.disk),
        "LAB_ADDRESS": place.address(spec.low),
        "LAB_CGROUP": str(group_of(place, spec.name)),
        "LAB_REPO": str(folder / "repository"),
        "LAB_BOOT": str(SCRIPTS / "boot.sh"),
        "LAB_INIT": _SSHD if spec.is_bare else _SYSTEMD,
    }


def _read_pid(place: Place, record: Record, said: int) -> int:
    try:
        ready, _, _ = select.select([said], [], [], 20)
        answer = os.read(said, 64).decode().strip() if ready else ""
    finally:
        os.close(said)
    if not answer.isdigit():
        log = folder_of(place, record.spec.name) / "keeper.log"
        raise LabFailed(
            f"{record.spec.name}: its keeper could not mount the disk:\n{log.read_text()[-600:]}",
            hint="`mplay lab doctor` says what this machine is missing.",
        )
    return int(answer)
