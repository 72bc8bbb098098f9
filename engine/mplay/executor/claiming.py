"""Taking the hosts of a run, all or none, and giving them back."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from mplay.executor.crew import Crew
from mplay.executor.owed import owing
from mplay.executor.running import Running
from mplay.model.errors import (
    HostLocked,
    HostRefused,
    HostsRefused,
    LinkLost,
    MplayError,
    Unreachable,
)
from mplay.model.events import HostLost, HostSeen, Note, Released
from mplay.model.state import RunState
from mplay.model.task import RunStatus

TRIES = 3


def claim(running: Running, crew: Crew) -> dict[str, MplayError]:
    """Greet every host at once; the hosts that did not answer, with why.

    HostLocked when another run holds one: all that were taken are given back, and it is tried
    again up to three times. HostRefused when a host says no: nothing has begun.
    """
    away = _away(running.past)
    for turn in range(1, TRIES + 1):
        errors = crew.each(
            list(running.links), lambda host: _greet(running, host, away.get(host, 0.0))
        )
        locked = next((e for e in errors.values() if isinstance(e, HostLocked)), None)
        refused = refusal(errors)
        if locked is None and refused is None:
            return _absent(running, errors)
        owed = owing(running.past, running.context.plan, RunStatus.RUNNING)
        taken = [host for host in running.links if host not in errors and host not in owed]
        release(running, crew, taken)
        if locked is None and refused is not None:
            raise refused
        if locked is not None and turn == TRIES:
            raise locked
        running.clock.sleep(random.uniform(0.05, 0.25) * turn)
    raise AssertionError("unreachable")


def refusal(errors: Mapping[str, BaseException]) -> BaseException | None:
    """What keeps a run from beginning: any error but that a host did not answer."""
    found = [e for e in errors.values() if not isinstance(e, Unreachable | LinkLost)]
    said_no = [e for e in found if isinstance(e, HostRefused)]
    if 1 < len(said_no) == len(found):
        return HostsRefused(sorted(said_no, key=lambda e: e.host))
    return next(iter(found), None)


def _greet(running: Running, host: str, seconds: float) -> None:
    """Open the link; a host that may be away is waited for so many seconds."""
    link = running.links[host]
    if link.claim is not None:
        token = link.claim.token
        running.recorder.write(
            HostSeen(host=host, machine_id="", boot="", token=token, state="claiming")
        )
    until = running.clock.monotonic() + seconds
    while True:
        try:
            link.open()
        except (Unreachable, LinkLost):
            if running.stopping.is_set() or running.clock.monotonic() >= until:
                raise
        else:
            return
        if seconds:
            text = f"{host} does not answer: a step reboots it, so it is waited for, {seconds:g} s"
            running.recorder.write(Note(text=text))
            seconds = 0.0
        running.clock.sleep(0.5)


def _away(past: RunState) -> dict[str, float]:
    """The hosts that may be gone since a task of this run reboots them, and for how long."""
    found: dict[str, float] = {}
    for task in past.tasks.values():
        attempt = task.attempt
        if attempt and attempt.standing and not attempt.known and attempt.intent.reconnect:
            host = attempt.intent.host
            found[host] = max(attempt.intent.settle, found.get(host, 0.0))
    return found


def _absent(running: Running, errors: dict[str, BaseException]) -> dict[str, MplayError]:
    absent: dict[str, MplayError] = {}
    for host, error in errors.items():
        if isinstance(error, MplayError):
            absent[host] = error
            running.recorder.write(HostLost(host=host, why=error.problem.what))
    return absent


def release(running: Running, crew: Crew, hosts: Sequence[str]) -> list[str]:
    """Give hosts back and hear that it is so; those that could not be are returned, *owed*."""

    def one(host: str) -> None:
        running.links[host].release()
        if running.links[host].claim is not None:
            running.recorder.write(Released(host=host))

    errors = crew.each(list(hosts), one)
    for error in errors.values():
        if not isinstance(error, LinkLost | Unreachable | HostRefused | HostLocked):
            raise error
    return sorted(errors)
