"""Where the measured commands run: beyond the delay line, or where there is none, right here."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mplay.lab.place import Place
from tests.bench.delay_line import TUN, open_tap

ROUND_TRIP = 0.020


@dataclass(frozen=True, kw_only=True)
class FarSide:
    """`process` is the delay line's; None: there is none."""

    process: int | None

    @property
    def delayed(self) -> bool:
        """Whether there is a delay line."""
        return self.process is not None

    def argv(self, command: Sequence[str]) -> list[str]:
        """The command to run there. Its process is killed when the one that starts it ends."""
        enter = [] if self.process is None else ["nsenter", f"--net=/proc/{self.process}/ns/net"]
        return ["setpriv", "--pdeathsig", "KILL", *enter, *command]

    def round_trip(self, addresses: Sequence[str]) -> float:
        """Seconds that a packet takes to these hosts and back, as connecting to them shows."""
        command = [sys.executable, "-m", "tests.bench.round_trip", *addresses]
        done = subprocess.run(self.argv(command), stdout=subprocess.PIPE, text=True, check=True)
        return statistics.median(float(line) for line in done.stdout.splitlines())


def can_delay() -> bool:
    """Whether this machine lets us make TAP devices."""
    return TUN.is_char_device() and os.access(TUN, os.R_OK | os.W_OK)


@contextmanager
def far_side(place: Place, *, delayed: bool) -> Iterator[FarSide]:
    """Connect a network namespace to the lab's bridge through the delay line; nothing stays."""
    if not delayed:
        yield FarSide(process=None)
        return
    near_name = f"{place.bridge}-far"
    near = open_tap(near_name)
    try:
        line = _start(near, f"{place.address('0.2')}/16")
        try:
            _connect(place, near_name)
            yield FarSide(process=line.pid)
        finally:
            _end(line)
    finally:
        os.close(near)


def _connect(place: Place, near_name: str) -> None:
    # A bridge takes the lowest hardware address among its links: this one must not become it.
    address = "fe:62:65:6e:63:68"
    subprocess.run(
        ["ip", "-batch", "-"],
        input=f"link set {near_name} addrgenmode none\nlink set {near_name} address {address}\n"
        f"link set {near_name} master {place.bridge} up txqueuelen 10000\n",
        text=True,
        check=True,
    )


def _start(near: int, address: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "tests.bench.delay_line", str(near), address, str(ROUND_TRIP / 2)]
    line = subprocess.Popen(
        ["unshare", "--net", *argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[near],
        cwd=Path(__file__).parents[2],
    )
    assert line.stdout is not None
    if line.stdout.readline() != "ready\n":
        _end(line)
        raise RuntimeError(f"the delay line did not start (exit {line.returncode})")
    return line


def _end(line: subprocess.Popen[str]) -> None:
    assert line.stdin is not None
    assert line.stdout is not None
    line.stdin.close()
    line.stdout.close()
    try:
        line.wait(timeout=5)
    except subprocess.TimeoutExpired:
        line.send_signal(signal.SIGKILL)
        line.wait()
