"""Other hosts that a task reads: what must be known of their files, and the content itself.

A host that is read has a connection of its own for it, which takes no lock of the host and no part
in what runs there: so a task may read a host whose worker waits for this one. Its content comes
in pieces, each by one question, so that no more than a piece of it is ever here, and so that after
a lost connection it goes on where it was.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mplay.channel.protocol import Channel, Connector, Piece, PieceKind, PieceResult
from mplay.executor.context import RunContext
from mplay.executor.probing import facts_of
from mplay.model.change import Blob, Facts
from mplay.model.clock import Clock
from mplay.model.errors import LinkLost, Unreachable, UsageError
from mplay.model.host import Host
from mplay.sdk import Script, sh

PART = 1024 * 1024
"""Bytes of a file in one piece: as many as a probe may print."""
PARTS = 8
"""Pieces in one question; so many parts of a file are in memory at a time."""
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


class OtherHost:
    """One host that is read; any thread may use it, one question goes through at a time."""

    def __init__(self, host: Host, connector: Connector, clock: Clock, patience: float) -> None:
        self._host = host
        self._connector = connector
        self._clock = clock
        self._patience = patience
        self._mutex = threading.Lock()
        self._channel: Channel | None = None
        self._asked = 0
        self._answers: dict[tuple[Script, Reader], _Answer] = {}

    def facts(self, probe: Script, reader: Reader) -> Facts:
        """What a probe sees there now. ProbeFailed, Unreachable, HostRefused.

        Whoever waits while others ask the same takes the answer to a question that was put after
        he came: it is as new as one of his own.
        """
        came = self._asked
        with self._mutex:
            key = (probe, reader)
            known = self._answers.get(key)
            if known is None or known.number <= came:
                self._asked += 1
                number = self._asked
                facts = facts_of(self._ask([probe], reader)[0])
                known = self._answers[key] = _Answer(number, facts)
            return known.facts

    def read(self, blob: Blob, offset: int, reader: Reader) -> Iterator[bytes]:
        """The content of a file from an offset, up to its size or its end."""
        while offset < blob.size:
            firsts = range(offset, blob.size, PART)[:PARTS]
            parts = [sh(_PART, offset=first, path=blob.path, count=PART) for first in firsts]
            with self._mutex:
                told = self._ask(parts, reader)
            for part in told:
                if part.rc != 0 or not part.stdout:
                    return
                offset += len(part.stdout)
                yield part.stdout

    def close(self) -> None:
        """End the connection."""
        if self._channel is not None:
            self._channel.close()
        self._channel = None

    def _ask(self, scripts: Sequence[Script], reader: Reader) -> list[PieceResult]:
        """One question; a lost connection is opened again, for as long as there is patience."""
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
        until, pause = self._clock.monotonic() + self._patience, 0.2
        while True:
            try:
                if self._channel is None:
                    self._channel = self._connector.open(self._host)
                told = self._channel.look(pieces, become=reader.become)
                return [told[piece.name] for piece in pieces]
            except (LinkLost, Unreachable) as lost:
                self.close()
                if self._clock.monotonic() >= until:
                    # No LinkLost: whoever sends this content must not think that his host is gone.
                    raise Unreachable(self._host.name, lost.problem.what) from lost
                self._clock.sleep(pause)
                pause = min(pause * 1.5, 5.0)


@dataclass(slots=True, kw_only=True)
class OtherHosts:
    """The hosts that a run may read; one is connected when it is first asked."""

    hosts: Mapping[str, Host]
    connector: Connector
    clock: Clock
    patience: float = 0.0
    _open: dict[str, OtherHost] = field(default_factory=dict)
    _mutex: threading.Lock = field(default_factory=threading.Lock)

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
                    self.hosts[name], self.connector, self.clock, self.patience
                )
            return self._open[name]

    def close(self) -> None:
        """End all connections."""
        with self._mutex:
            for host in self._open.values():
                host.close()
            self._open.clear()
