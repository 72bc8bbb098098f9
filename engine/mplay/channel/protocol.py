"""What the engine says to a host and hears from it; `Channel` is spoken by SSH, local and fake."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from mplay.model.change import Blob
from mplay.model.host import Host
from mplay.model.task import Outcome

ReadElsewhere = Callable[[Blob, int], Generator[bytes]]
"""Reads the content of a blob that is a file of another host, from an offset, in parts."""


class PieceKind(StrEnum):
    """What a piece of a frame is for; it decides when the piece runs.

    SAVE runs first; its failure ends the attempt before its first effect (rc is recorded).
    APPLY runs if SAVE succeeded; its end is the commit record. VERIFY runs whatever became of
    APPLY. RESTORE is the work of an undo. PROBE is read-only and stands alone or rides along.
    """

    SAVE = "save"
    APPLY = "apply"
    RESTORE = "restore"
    VERIFY = "verify"
    PROBE = "probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One script of a frame. `name` is unique in its frame and comes back in the reply.

    `user`: the account it runs as, '' the supervisor's own. `environment` is exported for it.
    VERIFY and PROBE pieces are given the ``fact`` prologue by the channel and run as ``sh -u``;
    the others as ``sh -eu``. `timeout` in seconds, 0 for the frame's.
    """

    name: str
    kind: PieceKind
    script: str
    user: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: str = ""
    timeout: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message. `number` names the task on the host (chosen by the controller, journalled).

    `task` is its key as text, for people and logs. `undo_try` is 0 forward, else the number of
    the try of its undo. ``$MPLAY_SAVE`` is the directory of (number, attempt), the same for an
    undo. A frame of probes only has number 0 and no record on the host. `uncut`: past `timeout`
    (seconds) it is waited for, not killed. `confined`: its pieces leave no process behind.
    `read` gives the content of blobs that are files of another host.
    """

    number: int
    task: str
    attempt: int
    pieces: tuple[Piece, ...]
    undo_try: int = 0
    timeout: float = 300.0
    uncut: bool = False
    blobs: tuple[Blob, ...] = ()
    read: ReadElsewhere | None = field(default=None, compare=False, repr=False)
    confined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceResult:
    """What one piece did: `rc` None where it did not run; output capped, head and tail kept."""

    rc: int | None
    stdout: bytes = b""
    stderr: bytes = b""
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What became of a frame; `outcome` is DONE, FAILED or TIMEOUT for its work (DONE: rc 0)."""

    outcome: Outcome
    rc: int | None
    pieces: Mapping[str, PieceResult]
    seconds: float = 0.0
    lingering: tuple[str, ...] = ()
    """Processes that the task left running, as ``PID COMMAND``; they are let live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """What a host knows of one attempt; `outcome` as recorded, RUNNING, ORPHAN, DIED, REBOOTED.

    `piece`: how far it came, the kind of the last piece begun.
    """

    number: int
    attempt: int
    undo_try: int
    outcome: Outcome
    rc: int | None = None
    piece: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What `hello` asks for.

    `superseded`: tokens of this run that may be replaced (its own former owners); a host locked
    by another token refuses. `become`: the supervisor runs as root.
    """

    run: str
    token: str
    owner: str
    superseded: tuple[str, ...] = ()
    become: bool = False
    machine_id: str = ""
    """The one that the journal knows; another one is refused, '' accepts any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """The answer to `hello`.

    `boot` is boot id, start time of pid 1 and boot time. `states` are this run's attempts on the
    host. `facts`: ``os_family os_id os_version kernel hostname architecture init`` and the like.
    `free` in bytes by directory. `owed`: what the host owes to earlier runs, for people.
    """

    machine_id: str
    boot: str
    user: str
    states: tuple[TaskState, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    free: Mapping[str, int] = field(default_factory=dict)
    owed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the lock of a host: as written by that owner in its lock file."""

    run: str
    owner: str
    since: str
    last_sign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a host tells of itself without being claimed: see `Greeting`."""

    user: str
    facts: Mapping[str, str] = field(default_factory=dict)
    free: Mapping[str, int] = field(default_factory=dict)
    holder: Holder | None = None


OnOutput = Callable[[str, bytes], None]
"""Called with a piece's name and new bytes of its output, as they come, each byte once.

Only of SAVE, APPLY and RESTORE: what the others print are facts. Of a flood the middle is left out.
"""


class Channel(Protocol):
    """One host, connected. One thread uses it at a time; `close` may come from another.

    Every method may raise `LinkLost` (reconnect with the connector, `hello` again, ask `states`),
    or `HostRefused` (the host said no: a superseded token raises `HostLocked`).
    """

    host: str

    @property
    def login(self) -> str:
        """The account that logged in."""
        ...

    def hello(self, claim: Claim) -> Greeting:
        """Take the lock (HostLocked names its holder), start or find the supervisor."""
        ...

    def look(self, pieces: Sequence[Piece], *, become: bool) -> Mapping[str, PieceResult]:
        """Run probes inline: no lock, no supervisor, nothing written. For dry-runs."""
        ...

    def about(self) -> About:
        """What the host is, and who holds its lock; without taking it, nothing written."""
        ...

    def send(self, frame: Frame, on_output: OnOutput | None = None) -> Reply:
        """Send blobs that the host lacks, then the frame; follow it to its end."""
        ...

    def send_all(self, frames: Sequence[Frame]) -> Sequence[Reply]:
        """Send frames in one message, and follow them to their end.

        They run in order, each once the one before is over; after one that did not end with 0, or
        was cut, none is begun any more: outcome NEVER. What they print is not shown meanwhile.
        """
        ...

    def attach(self, frame: Frame, on_output: OnOutput | None = None) -> Reply:
        """Follow a frame that was sent before, or read the reply that waits for it."""
        ...

    def kill(self, frame: Frame) -> None:
        """End what is left of an attempt (an ORPHAN's processes), and wait until it is gone."""
        ...

    def forget(self, blobs: Sequence[str]) -> None:
        """Remove blobs (by SHA-256) that no later outcome needs."""
        ...

    def release(self) -> None:
        """Give the lock back, end the supervisor, and read back that it is so."""
        ...

    def unlock(self, run: str) -> bool:
        """Remove the lock of a run whose owner is gone for good; False if it held none."""
        ...

    def prune(self, run: str) -> None:
        """Delete the restore points of an ended run."""
        ...

    def close(self) -> None:
        """End the connection; what runs on the host goes on."""
        ...


class Connector(Protocol):
    """Opens channels. Unreachable, or HostRefused for a wrong key, a missing key file, sudo."""

    def open(self, host: Host) -> Channel:
        """A connected channel to a host."""
        ...
