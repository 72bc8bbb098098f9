"""Waiting within a task: it ends early where the run is to begin nothing more."""

from __future__ import annotations

from collections.abc import Callable

from mplay.executor.running import Running
from mplay.model.plan import PlannedStep, Role

_SLICE = 1.0
"""Seconds after which a wait looks whether it is to end; nothing else is polled."""


class Interrupted(Exception):
    """The run is to stop, and the task did nothing but wait: it counts as not ended."""


def wait(running: Running, seconds: float) -> None:
    """Let that long pass. Interrupted."""
    until = running.clock.monotonic() + seconds
    while (left := until - running.clock.monotonic()) > 0:
        if running.stopping.is_set():
            raise Interrupted
        running.clock.sleep(min(left, _SLICE))


def pause(running: Running, step: PlannedStep) -> Callable[[float], None]:
    """How a step waits: one of a bracket as long as it takes, for its host comes back by it."""
    if step.role in {Role.ENTER, Role.CHECK, Role.LEAVE}:
        return running.clock.sleep
    return lambda seconds: wait(running, seconds)
