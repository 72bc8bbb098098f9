"""Changes that take a while to show: `expect` is asked again until it holds or time is up."""

from __future__ import annotations

from dataclasses import replace

from mplay.channel.protocol import Reply
from mplay.executor.attempt import Bound, Judged, shown
from mplay.executor.probing import Probe, ProbeFailed, ask
from mplay.executor.running import Running
from mplay.model.change import Change, Facts, unmet
from mplay.model.errors import UsageError
from mplay.model.events import Intent
from mplay.model.host import Host
from mplay.model.task import Outcome, TaskStatus

_BETWEEN = 0.5
"""Seconds between two looks."""


def settled(running: Running, intent: Intent, judged: Judged) -> Judged:
    """What an attempt comes to once it has had `settle` seconds for its effect to show.

    One that reboots its host is over for the host as soon as it is scheduled: DONE with the old
    boot means *not yet*, and REBOOTED is how it ends if the host was quicker. Either way only the
    probe, which carries the old boot identity, says whether it has happened.
    """
    if not intent.settle or not _can_come(intent, judged):
        return judged
    clock, seen, why = running.clock, judged.seen, ""
    until = clock.monotonic() + intent.settle
    while unmet(intent.expect, seen) and clock.monotonic() < until:
        clock.sleep(_BETWEEN)
        try:
            seen, why = _look(running, intent), ""
        except ProbeFailed as error:
            why = f"; its probe failed: {error}"
    wrong = unmet(intent.expect, seen)
    if not wrong:
        return replace(judged, outcome=Outcome.DONE, status=TaskStatus.CHANGED, seen=seen, why="")
    if intent.no_log:
        return replace(judged, seen=seen)
    told = "; ".join(f"{key} is {got!r}, expected {want!r}" for key, (want, got) in wrong.items())
    return replace(judged, seen=seen, why=f"not so within {intent.settle:g} s: {told}{why}")


def complete(running: Running, intent: Intent, reply: Reply) -> Reply:
    """The reply with its verification, which is asked again where a reboot took the answer."""
    verified = reply.pieces.get("verify")
    heard = verified is not None and verified.rc is not None
    if heard or not intent.probe or reply.outcome is not Outcome.DONE:
        return reply
    found = running.link(intent.host).look([_probe(intent).piece("verify")])
    return replace(reply, pieces={**reply.pieces, **found})


def _probe(intent: Intent) -> Probe:
    return Probe(script=intent.probe, user=intent.user, environment=intent.environment)


def _can_come(intent: Intent, judged: Judged) -> bool:
    return judged.rc == 0 or (intent.reconnect and judged.outcome is Outcome.REBOOTED)


def _look(running: Running, intent: Intent) -> Facts:
    return shown(ask(running.link(intent.host), _probe(intent)), hidden=intent.no_log)


def refuse_own_machine(change: Change, bound: Bound, host: Host) -> None:
    """Refuse to take away the machine that would have to wait for itself. UsageError."""
    if change.reconnect and host.connection.kind == "local":
        raise UsageError(
            f"{bound.place} is the machine that runs mplay: nobody would wait for it to come back",
            where=bound.step.step.module.where,
            hint="leave it out of `hosts`, or run mplay on another machine",
        )
