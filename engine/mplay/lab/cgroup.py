"""Control groups (version 2): they hold every process of a lab, whatever became of its parent.

Works where cgroup2 is mounted at ``/sys/fs/cgroup`` and on hybrid machines that have it elsewhere.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from mplay.lab.command import LabFailed
from mplay.model.errors import UsageError


def cgroup2_mount(mounts: Path = Path("/proc/self/mounts")) -> Path:
    """Return where this machine's cgroup2 hierarchy is mounted."""
    for line in mounts.read_text().splitlines():
        _device, target, kind, *_rest = line.split()
        if kind == "cgroup2":
            return Path(target)
    raise UsageError(
        "This machine has no cgroup2 hierarchy, which holds the lab's processes.",
        hint="Mount one: mkdir -p /sys/fs/cgroup/unified && "
        "mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified",
    )


def processes(group: Path) -> tuple[int, ...]:
    """Return the processes in a group and in every group below it."""
    found: list[int] = []
    # os.walk passes over groups that vanish while it looks, as they do in a host that stops.
    for folder, _inner, _files in os.walk(group):
        with contextlib.suppress(OSError):
            found += [int(pid) for pid in Path(folder, "cgroup.procs").read_text().split()]
    return tuple(dict.fromkeys(found))


def kill(group: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Kill every process in a group and remove the group; does nothing when it is not there."""
    end = clock() + 15
    while group.is_dir():
        with contextlib.suppress(OSError):
            (group / "cgroup.freeze").write_text("0")
            (group / "cgroup.kill").write_text("1")
        for folder, _inner, _files in os.walk(group, topdown=False):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()
        if clock() > end:
            raise LabFailed(
                f"The processes in {group} did not end.", hint=f"Look at {group}/cgroup.procs."
            )
        time.sleep(0.01)
