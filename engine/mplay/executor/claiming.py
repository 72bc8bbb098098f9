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
from mplay.model.events import HostLost, HostSeen, Released
from mplay.model.task import RunStatus

TRIES = 3


def claim(running: Running, crew: Crew) -> dict[str, MplayError]:
    """Greet every host at once; the hosts that did not answer, with why.

    HostLocked when another run holds one: all that were taken are given back, and it is tried
    again up to three times. HostRefused when a host says no: nothing has begun.
    """
    for turn in range(1, TRIES + 1):
        errors = crew.each(list(running.links), lambda host: _greet(running, host))
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


def _greet(running: Running, host: str) -> None:
    link = running.links[host]
    if link.claim is not None:
        token = link.claim.token
        running.recorder.write(
            HostSeen(host=host, machine_id="", boot="", token=token, state="claiming")
        )
    link.open()


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
