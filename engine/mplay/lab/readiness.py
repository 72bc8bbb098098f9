"""Waiting until a host does its work: booted with nothing failed or queued, sshd, its role."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from pathlib import Path

from mplay.lab.host import init_of, inside
from mplay.lab.place import Place
from mplay.lab.platform import ROLES, HostSpec
from mplay.model.errors import HostError

SECONDS = 90.0

# Run inside the host. Its exit code: 0 ready, 1 never will be; what it says is the reason.
_SETTLE = """
tries=0
while [ "$tries" -lt 900 ]; do
    state=$(systemctl is-system-running 2>&1)
    case $state in
    running)
        jobs=$(systemctl list-jobs --no-legend --plain 2>&1)
        if [ -n "$jobs" ]; then why="jobs are queued: $jobs"
        elif { READY; } >/dev/null 2>&1; then exit 0
        else why='it booted, but its service does not answer'; fi ;;
    degraded) systemctl list-units --failed --no-legend --plain; exit 1 ;;
    *) why="it is $state" ;;
    esac
    sleep 0.1
    tries=$((tries + 1))
done
echo "$why"
exit 1
"""


def wait_ready(place: Place, spec: HostSpec) -> None:
    """Return when a host does its work; raise when it says that something failed, or takes long."""
    deadline = time.monotonic() + SECONDS
    if not spec.is_bare:
        _wait(spec, lambda: _booted(place, spec), deadline, "its systemd did not start")
        done = inside(place, spec.name, _SETTLE.replace("READY", ROLES[spec.role].ready))
        if done.returncode:
            reason = (done.stdout + done.stderr).strip()
            raise HostError(
                spec.name,
                f"is up but not ready: {reason}",
                hint=f"Look with `mplay lab ssh {spec.name}`.",
            )
    address = place.address(spec.low)
    _wait(spec, lambda: answers_ssh(address), deadline, "its sshd does not answer")


def answers_ssh(address: str) -> bool:
    """Whether an SSH server greets at this address."""
    with contextlib.suppress(OSError), socket.create_connection((address, 22), 1) as line:
        line.settimeout(2)
        return line.recv(4) == b"SSH-"
    return False


def _booted(place: Place, spec: HostSpec) -> bool:
    pid = init_of(place, spec.name)
    try:
        # Before that it is our boot script, still arranging the host's mounts.
        return bool(pid) and Path(f"/proc/{pid}/comm").read_text() == "systemd\n"
    except OSError:
        return False


def _wait(spec: HostSpec, holds: Callable[[], bool], deadline: float, complaint: str) -> None:
    while not holds():
        if time.monotonic() > deadline:
            raise HostError(
                spec.name,
                f"is not ready: {complaint}.",
                hint="See its console.log; `mplay lab status` shows what runs.",
            )
        time.sleep(0.02)
