"""Other hosts that a task reads: what must be known of their files, and the content itself.

A host that is read has a connection of its own for it, which takes no lock of the host and no part
in what runs there: so a task may read a host whose worker waits for this one. Its content comes
in pieces, each by one question, so that no more than a piece of it is ever here, and so that after
a lost connection it goes on where it was.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

from mplay.channel.protocol import Channel, Connector, Piece, PieceKind, PieceResult
from mplay.executor.context import RunContext
from mplay.executor.probing import facts_of
from mplay.model.change import Blob, Facts
from mplay.model.clock import Clock
from mplay.model.errors import HostError, LinkLost, Unreachable, UsageError
from mplay.model.host import Host
from mplay.sdk import Script, sh

PART = 1024 * 1024
"""Bytes of a file in one piece: as many as a probe may print."""
PARTS = 4
"""Pieces in one question: so many parts of a file a reader has in memory."""
ROOM = 3
"""Readers that may have parts in memory at a time, however many hosts they write to."""
PATIENT = 3600.0
"""Seconds that a question may take: a large file may have to be read for it."""

_PART = "dd if={path} bs={count} iflag=skip_bytes,fullblock skip={offset} count=1 2>/dev/null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """As whom a host is read: root (`become`), and the account to drop to, '' for none."""

    become: bool = False
    user: str = ""


@dataclass(slots=True)
class _Answer:
    number: int
    facts: Facts


class _Patience:
    """How long a lost host is waited for."""

    def __init__(self, host: str, clock: Clock, seconds: float) -> None:
        self._host = host
        self._clock = clock
        self._until = clock.monotonic() + seconds
        self._pause = 0.2

    def wait(self, lost: HostError) -> None:
        """Wait a while after a loss. Unreachable when it was too long."""
        if self._clock.monotonic() >= self._until:
            # No LinkLost: whoever sends this content must not think that his own host is gone.
            raise Unreachable(self._host, lost.problem.what) from lost
        self._clock.sleep(self._pause)
        self._pause = min(self._pause * 1.5, 5.0)


class OtherHost:
    """One host that is read; any thread may use it, one question goes through at a time.

    `room` is what all who read share: so many of them may have parts of a file in memory.
    """

    def __init__(
        self,
        host: Host,
        connector: Connector,
        clock: Clock,
        patience: float,
        room: threading.Semaphore | None = None,
    ) -> None:
        self._host = host
        self._connector = connector
        self._clock = clock
        self._seconds = patience
        self._room = room or threading.Semaphore(ROOM)
        self._mutex = threading.Lock()
        self._channel: Channel | None = None
        self._asked = 0
        self._answers: dict[tuple[Script, Reader], _Answer] = {}

    def facts(self, probe: Script, reader: Reader) -> Facts:
        """What a probe sees there now. ProbeFailed, Unreachable, HostRefused.

        Whoever waits while others ask the same takes the answer to a question that was put after
        he came: it is as new as one of his own.
        """
        came, patience = self._asked, self._patience()
        while True:
            try:
                with self._mutex:
                    known = self._answers.get((probe, reader))
                    if known is None or known.number <= came:
                        known = self._answer(probe, reader)
                    return known.facts
            except (LinkLost, Unreachable) as lost:
                patience.wait(lost)

    def _answer(self, probe: Script, reader: Reader) -> _Answer:
        self._asked += 1
        number = self._asked
        answer = _Answer(number, facts_of(self._ask([probe], reader)[0]))
        self._answers[probe, reader] = answer
        return answer

    def read(self, blob: Blob, offset: int, reader: Reader) -> Generator[bytes]:
        """The content of a file from an offset, up to its size or its end.

        Between two parts a reader keeps its place in the room: close what is not read to its end.
        """
        patience = self._patience()
        while offset < blob.size:
            firsts = range(offset, blob.size, PART)[:PARTS]
            scripts = [sh(_PART, offset=first, path=blob.path, count=PART) for first in firsts]
            try:
                with self._room:
                    with self._mutex:
                        told = self._ask(scripts, reader)
                    for part in told:
                        if part.rc != 0 or not part.stdout:
                            return
                        offset += len(part.stdout)
                        yield part.stdout
                    told.clear()
                patience = self._patience()
            except (LinkLost, Unreachable) as lost:
                patience.wait(lost)

    def _patience(self) -> _Patience:
        return _Patience(self._host.name, self._clock, self._seconds)

    def close(self) -> None:
        """End the connection."""
        if self._channel is not None:
            self._channel.close()
        self._channel = None

    def _ask(self, scripts: Sequence[Script], reader: Reader) -> list[PieceResult]:
        """One question; after a lost connection the next one opens another."""
        pieces = [
            Piece(
                name=str(number),
                kind=PieceKind.PROBE,
                script=script,
                user=reader.user,
                timeout=PATIENT,
            )
            for number, script in enumerate(scripts)
        ]
        try:
            if self._channel is None:
                self._channel = self._connector.open(self._host)
            told = self._channel.look(pieces, become=reader.become)
        except (LinkLost, Unreachable):
            self.close()
            raise
        return [told[piece.name] for piece in pieces]


@dataclass(slots=True, kw_only=True)
class OtherHosts:
    """The hosts that a run may read; one is connected when it is first asked."""

    hosts: Mapping[str, Host]
    connector: Connector
    clock: Clock
    patience: float = 0.0
    _open: dict[str, OtherHost] = field(default_factory=dict)
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _room: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(ROOM))

    @classmethod
    def of_run(
        cls, context: RunContext, connector: Connector, clock: Clock, patience: float = 0.0
    ) -> OtherHosts:
        """Those that a run may read; a lost one is waited for as long as `patience` (seconds)."""
        hosts = {name: context.hosts[name] for name in context.readable}
        return cls(hosts=hosts, connector=connector, clock=clock, patience=patience)

    def of(self, name: str) -> OtherHost:
        """The host of that name. UsageError for one that the run may not read."""
        if name not in self.hosts:
            raise UsageError(
                f"this run may not read files of '{name}'",
                hint="name a host of this run, of its environment, or of its `shared`",
            )
        with self._mutex:
            if name not in self._open:
                self._open[name] = OtherHost(
                    self.hosts[name], self.connector, self.clock, self.patience, self._room
                )
            return self._open[name]

    def close(self) -> None:
        """End all connections."""
        with self._mutex:
            for host in self._open.values():
                host.close()
            self._open.clear()
