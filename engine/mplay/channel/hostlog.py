"""The log that a host keeps of a run: checksummed records, and what became of each attempt.

Records are lines ``VERB NUMBER... SUM`` as ``host/common.sh`` writes them::

    boot START 0x…(5)           the boot to which what follows belongs
    started N ATTEMPT UNDO      an attempt has begun; its restore point is being made
    apply N ATTEMPT UNDO        its effect may have begun
    rc N ATTEMPT UNDO CODE FLAG it has ended; FLAG 1: it was cut at its time limit

A line that is torn or whose sum is wrong says nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from mplay.channel.protocol import TaskState
from mplay.model.task import Outcome

_VERBS = {b"boot": 1, b"started": 2, b"apply": 3, b"rc": 4}
_FIELDS = {b"boot": 6, b"started": 3, b"apply": 3, b"rc": 5}
_MODULUS = 2147483647

Attempt = tuple[int, int, int]
"""Number of the task, attempt, try of its undo."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What the log says of one attempt; `boot` is the identity under which it began."""

    boot: str
    applied: bool = False
    rc: int | None = None
    cut: bool = False


def attempt_id(attempt: Attempt) -> str:
    """``N.ATTEMPT.UNDO``, as files of the host are named."""
    return ".".join(map(str, attempt))


def parse_log(raw: bytes) -> dict[Attempt, LogEntry]:
    """Every attempt that the log names, in the order in which they began."""
    entries: dict[Attempt, LogEntry] = {}
    boot = ""
    for line in raw.split(b"\n")[:-1]:
        record = _record(line)
        if record is None:
            continue
        verb, numbers = record
        if verb == b"boot":
            boot = _boot(numbers)
            continue
        key = (numbers[0], numbers[1], numbers[2])
        entries[key] = _advance(entries.get(key, LogEntry(boot)), verb, numbers)
    return entries


def states(
    entries: dict[Attempt, LogEntry],
    boot: str,
    *,
    running: Collection[str],
    alive: Collection[str],
) -> tuple[TaskState, ...]:
    """The state of each attempt.

    `boot` is the host's present identity, `running` the ids in the supervisor's hands, `alive`
    those of which processes live without a supervisor.
    """
    recorded = {attempt_id(key) for key in entries}
    # An attempt may be in hand so recently, or come after another, that it has no record yet.
    fresh = [_fresh(name, Outcome.RUNNING) for name in sorted(set(running) - recorded)]
    fresh += [_fresh(name, Outcome.ORPHAN) for name in set(alive) - recorded - set(running)]
    return (*(_state(key, entry, boot, running, alive) for key, entry in entries.items()), *fresh)


def _fresh(name: str, outcome: Outcome) -> TaskState:
    number, attempt, undo = map(int, name.split("."))
    return TaskState(number=number, attempt=attempt, undo_try=undo, outcome=outcome)


def _state(
    key: Attempt,
    entry: LogEntry,
    boot: str,
    running: Collection[str],
    alive: Collection[str],
) -> TaskState:
    effect = "restore" if key[2] else "apply"
    piece = effect if entry.applied else "restore" if key[2] else "save"
    outcome = _outcome(entry)
    if outcome is None:
        outcome = _unended(attempt_id(key), entry.boot == boot, running, alive)
    return TaskState(
        number=key[0],
        attempt=key[1],
        undo_try=key[2],
        outcome=outcome,
        rc=entry.rc,
        piece=piece,
    )


def _outcome(entry: LogEntry) -> Outcome | None:
    if entry.rc is None:
        return None
    if entry.cut:
        return Outcome.TIMEOUT
    return Outcome.FAILED if entry.rc else Outcome.DONE


def _unended(
    name: str, same_boot: bool, running: Collection[str], alive: Collection[str]
) -> Outcome:
    if not same_boot:
        return Outcome.REBOOTED
    if name in running:
        return Outcome.RUNNING
    return Outcome.ORPHAN if name in alive else Outcome.DIED


def _advance(entry: LogEntry, verb: bytes, numbers: list[int]) -> LogEntry:
    if verb == b"started":
        return entry
    if verb == b"apply":
        return replace(entry, applied=True)
    return replace(entry, rc=numbers[3], cut=numbers[4] == 1)


def _record(line: bytes) -> tuple[bytes, list[int]] | None:
    verb, *words = line.split(b" ")
    if verb not in _VERBS or len(words) != _FIELDS[verb] + 1:
        return None
    try:
        *numbers, wanted = (int(word, 0) for word in words)
    except ValueError:
        return None
    total = _VERBS[verb]
    for number in numbers:
        total = (total * 31 + number) % _MODULUS
    return (verb, numbers) if total == wanted else None


def _boot(numbers: list[int]) -> str:
    start, *groups = numbers
    widths = (8, 4, 4, 4, 12)
    boot_id = "-".join(f"{g:0{w}x}" for g, w in zip(groups, widths, strict=True))
    return f"{boot_id} {start}"
