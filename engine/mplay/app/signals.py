"""Signals while a run is executed: once stops it in good order, twice at once, HUP never."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def handled(first: Callable[[], None], farewell: Callable[[], str]) -> Iterator[None]:
    """Call `first` at the first SIGINT or SIGTERM; at the second write `farewell` and leave.

    SIGHUP is ignored: a run outlives its terminal. Only the main thread may set handlers; in
    another nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal told
        if told:
            os.write(sys.stderr.fileno(), farewell().encode())
            os._exit(130)
        told = True
        first()

    before: dict[int, Any] = {
        number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)
    }
    before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
