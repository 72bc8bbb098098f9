"""Prints, for each address that is given, the seconds that connecting to its sshd takes."""

from __future__ import annotations

import socket
import sys
import time

TIMES = 3
"""The first connection also asks for the hardware address; the best one counts."""


def connecting(address: str) -> float:
    """Seconds until a connection stands: one trip there and back."""
    begun = time.perf_counter()
    with socket.create_connection((address, 22), timeout=10):
        return time.perf_counter() - begun


def main() -> None:
    """Measure one host after another."""
    for address in sys.argv[1:]:
        sys.stdout.write(f"{min(connecting(address) for _ in range(TIMES))}\n")


if __name__ == "__main__":
    main()
