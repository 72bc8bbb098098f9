"""One kill trial: somebody is killed at some moment, and then the truth is asked for.

Whatever is killed: of two owners who come back, one gets the host; what it learns of the attempt is
true of the effect; and the effect is there once or, where the host says so, half or not at all.
"""

from __future__ import annotations

import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from mplay.channel.protocol import Channel
from mplay.model.errors import HostLocked
from mplay.model.task import Outcome
from tests.faults.channel.bed import Bed, claim, effect
from tests.faults.channel.driver import start

VICTIMS = {
    "controller": "",
    "relay": "for f in {home}/answer.*; do kill -9 ${{f##*.}}; done",
    "supervisor": "kill -9 $(cat {home}/pid)",
    "supervisor and task": (
        "read id p b l g runner rest <{home}/current; kill -9 $(cat {home}/pid) $runner"
    ),
}

TRUTH = {
    Outcome.DONE: {"xy"},
    Outcome.DIED: {"", "x", "xy"},
    Outcome.NEVER: {""},
}


def trial(bed: Bed, victim: str, moment: float) -> Outcome:
    """Run one; AssertionError where the truth was not told."""
    bed.clear()
    file = f"{bed.state}.effect"
    bed.shell(f"rm -f {file}")
    controller = start(bed, file)
    time.sleep(moment)
    _kill(bed, victim, controller)
    owner = _come_back(bed)
    try:
        outcome = _learn(owner, bed, file)
        content = bed.shell(f"cat {file} 2>/dev/null")
        assert content in TRUTH[outcome], f"{victim} at {moment:.2f} s: {outcome}, {content!r}"
        if outcome is Outcome.NEVER:
            reply = owner.send(effect(file))
            assert (reply.outcome, bed.shell(f"cat {file}")) == (Outcome.DONE, "xy")
        # The host is of use afterwards, whatever happened.
        assert owner.send(effect(f"{file}2", number=2)).outcome is Outcome.DONE
        owner.release()
        assert owner.about().holder is None
    finally:
        owner.close()
        bed.shell(f"rm -f {file} {file}2")
    return outcome


def _kill(bed: Bed, victim: str, controller: subprocess.Popen[str]) -> None:
    bed.shell(VICTIMS[victim].format(home=bed.home))
    controller.send_signal(signal.SIGKILL)
    controller.wait()
    assert controller.stdout
    controller.stdout.close()


def _come_back(bed: Bed) -> Channel:
    """Two new owners at once: exactly one of them gets the host."""

    def compete(token: str) -> Channel | None:
        channel = bed.open()
        try:
            channel.hello(claim(token, "a"))
        except HostLocked:
            channel.close()
            return None
        return channel

    with ThreadPoolExecutor(2) as pool:
        channels = [channel for channel in pool.map(compete, "bc") if channel]
    assert len(channels) == 1
    return channels[0]


def _learn(owner: Channel, bed: Bed, file: str) -> Outcome:
    """Ask until the attempt has ended: an orphan is waited for."""
    end = time.monotonic() + 15
    frame = effect(file)
    while True:
        reply = owner.attach(frame)
        if reply.outcome is not Outcome.ORPHAN:
            break
        assert time.monotonic() < end
        time.sleep(0.1)
    facts = reply.pieces.get("verify")
    if reply.outcome is Outcome.DONE and facts is not None and facts.rc == 0:
        assert facts.stdout == b"content\txy\n"
    return reply.outcome
