"""What a relay's answers mean: greetings, replies, and the many ways to say no."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mplay.channel.hostlog import parse_log, states
from mplay.channel.protocol import About, Greeting, Holder
from mplay.channel.stream import Conversation, Section
from mplay.model.errors import HostLocked, HostRefused, LinkLost, MplayError, PersonNeeded


@dataclass(slots=True)
class Told:
    """An answer made of lines: each verb with the rest of its lines; raw bytes after `log`."""

    lines: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    log: bytes = b""

    def first(self, verb: str) -> str:
        """The words of the first line of a verb, or ''."""
        return self.lines[verb][0] if self.lines[verb] else ""


def listen(host: str, talk: Conversation, first: Section | None = None) -> Told:
    """Read an answer to its `end`. Raises what a `refused` means."""
    told = Told()
    section = first or talk.next()
    while section.verb != "end":
        told.lines[section.verb].append(" ".join(section.words[1:]))
        after_log = section.verb == "log"
        section = talk.next()
        if after_log:
            told.log = section.data
    if told.lines["refused"]:
        raise refusal(host, told)
    return told


def holder_of(told: Told) -> Holder | None:
    """The lock that an answer shows."""
    if not told.first("lock_run"):
        return None
    return Holder(
        run=told.first("lock_run"),
        owner=told.first("lock_owner"),
        since=told.first("lock_since"),
        last_sign=told.first("lock_sign"),
    )


def about_of(told: Told) -> About:
    """What a host tells of itself without being claimed."""
    return About(
        user=told.first("user"), facts=_facts(told), free=_free(told), holder=holder_of(told)
    )


def greeting_of(told: Told) -> Greeting:
    """What `hello` learned."""
    boot = told.first("boot")
    return Greeting(
        machine_id=told.first("machine"),
        boot=boot,
        user=told.first("user"),
        states=states(
            parse_log(told.log),
            boot,
            running=frozenset(told.first("busy").split()),
            alive=frozenset(told.lines["orphan"]),
        ),
        facts=_facts(told),
        free=_free(told),
        owed=tuple(_owed(line) for line in told.lines["owed"]),
    )


def refusal(host: str, told: Told) -> MplayError:
    """The error that a host's *no* is for people."""
    why, _, detail = told.first("refused").partition(" ")
    if why == "locked":
        return _locked(host, holder_of(told))
    if why == "machine":
        return PersonNeeded(
            f"another machine answers as {host}: its machine-id is {detail or 'empty'}",
            where=host,
            hint="nothing was sent; see that the address is right, or `mplay resume --drop` it",
        )
    if why in {"gone", "silent"}:
        return LinkLost(host, "the supervisor of this run is gone; its host knows what it did")
    what, hint = _NO.get(why, ("it refused: {why} {detail}", ""))
    return HostRefused(
        host,
        what.format(why=why, detail=detail),
        hint=hint.format(detail=shlex.quote(detail)),
    )


_NO: Mapping[str, tuple[str, str]] = {
    "unwritable": (
        "{detail} cannot be written: read-only, full, or not ours",
        "look at it with: df -h {detail}; ls -ld {detail}",
    ),
    "linger": (
        "its logind ends what {detail} runs when the login ends (KillUserProcesses=yes)",
        "mend it there with: sudo loginctl enable-linger {detail}",
    ),
    "busy": ("task {detail} is still running there", "wait for it, or resume or roll back its run"),
    "supervisor": ("the supervisor could not be started: {detail}", ""),
    "alive": ("processes {detail} do not end", "look at them there; the kernel may hold them"),
    "spoiled": ("content that the task needs did not arrive", ""),
    "kept": ("its lock is still there after it was released", "run the command again"),
}


def _locked(host: str, holder: Holder | None) -> HostLocked:
    if holder is None:
        return HostLocked(
            "this run owns the host no longer: its lock was removed",
            where=host,
            hint="resume the run: it takes the lock again where nobody else holds it",
        )
    seen = f", last sign of life {holder.last_sign}" if holder.last_sign else ""
    return HostLocked(
        f"locked by run {holder.run} of {holder.owner} since {holder.since}{seen}",
        where=host,
        hint=f"mplay resume {holder.run}, or mplay rollback {holder.run}; "
        f"if its owner is gone for good: mplay unlock {holder.run}",
    )


def _facts(told: Told) -> dict[str, str]:
    release = _os_release(told.lines["os"])
    family = release.get("ID_LIKE", release.get("ID", "")).split()
    return {
        "os_family": "debian" if {"debian", "ubuntu"} & set(family) else " ".join(family[:1]),
        "os_id": release.get("ID", ""),
        "os_version": release.get("VERSION_ID", ""),
        "os_codename": release.get("VERSION_CODENAME", ""),
        "kernel": told.first("kernel"),
        "hostname": told.first("hostname"),
        "architecture": told.first("arch"),
        "init": told.first("init"),
    }


def _os_release(lines: Sequence[str]) -> dict[str, str]:
    release = {}
    for line in lines:
        key, _, value = line.partition("=")
        try:
            words = shlex.split(value)
        except ValueError:
            continue
        release[key] = words[0] if words else ""
    return release


def _free(told: Told) -> dict[str, int]:
    """`df` prints a title, then a line for each directory that was asked about, in order."""
    amounts = told.lines["free"][1:]
    names = (told.first("base"), "/", "/var")
    return {
        name: int(amount) * 1024
        for name, amount in zip(names, amounts, strict=False)
        if amount.isdigit()
    }


def _owed(line: str) -> str:
    run, _, attempt = line.partition(" ")
    return f"run {run}: attempt {attempt} was begun and has no end on record"
