"""The process that is the delay line: it carries every packet between two networks, later.

It is started in a network namespace of its own, the far side, with a TAP device of the machine's
side handed over as a descriptor, and makes the far side's device itself. Both devices live as long
as this process, the namespace as long as it and the commands run in it. It ends when its stdin
does, so also when whoever started it is killed.

Arguments: descriptor, address of the far side with prefix length, seconds of one way.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from select import select

TUN = Path("/dev/net/tun")
FAR = "far0"
_SET_NAME = 0x400454CA
_TAP, _BARE_FRAMES = 0x0002, 0x1000
_FRAME_LIMIT = 65536
_AT_ONCE = 64
"""Frames read from one side before the other gets its turn."""


def open_tap(name: str) -> int:
    """Make a TAP device in this network namespace; it vanishes when the descriptor is closed."""
    descriptor = os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    request = struct.pack("16sH22x", name.encode(), _TAP | _BARE_FRAMES)
    try:
        fcntl.ioctl(descriptor, _SET_NAME, request)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def carry(near: int, far: int, one_way: float, end: int) -> None:
    """Give what comes in at one side out at the other, `one_way` seconds later, until `end` ends.

    All wait equally long, so a queue is in the order of their times.
    """
    other = {near: far, far: near}
    waiting: deque[tuple[float, int, bytes]] = deque()
    while True:
        left = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select([near, far, end], [], [], left)
        if end in ready and not os.read(end, 1):
            return
        for side in ready:
            if side != end:
                due = time.monotonic() + one_way
                waiting.extend((due, other[side], frame) for frame in _frames(side))
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, side, frame = waiting.popleft()
            # A full queue loses a frame, as on any network; TCP sends it again.
            with suppress(OSError):
                os.write(side, frame)


def _frames(side: int) -> list[bytes]:
    frames: list[bytes] = []
    with suppress(BlockingIOError):
        while len(frames) < _AT_ONCE:
            frames.append(os.read(side, _FRAME_LIMIT))
    return frames


def main() -> None:
    """Be the delay line; says ``ready`` when the far side has its address."""
    near, address, one_way = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    with suppress(OSError):
        # A frame that waits for the processor is late twice.
        os.nice(-15)
    far = open_tap(FAR)
    orders = (
        f"link set lo up\nlink set {FAR} addrgenmode none\naddr add {address} dev {FAR}\n"
        f"link set {FAR} up txqueuelen 10000\n"
    )
    subprocess.run(["ip", "-batch", "-"], input=orders, text=True, check=True)
    sys.stdout.write("ready\n")
    sys.stdout.close()
    carry(near, far, one_way, sys.stdin.fileno())


if __name__ == "__main__":
    main()
