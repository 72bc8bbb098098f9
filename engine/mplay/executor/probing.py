"""Asking a host for facts, and looking ahead: the probes of later tasks ride along."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mplay.channel.protocol import Piece, PieceKind, PieceResult
from mplay.executor.link import Link
from mplay.model.change import Facts
from mplay.model.clock import Clock
from mplay.sdk import FactError, Script, parse_facts

FRESH = 60.0
"""Seconds for which a fact that was looked up ahead may be used."""
FIRST, WIDEST = 8, 64
"""Probes in the first message, and in any at most."""


class ProbeFailed(Exception):
    """A probe gave no facts; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A probe that is ready to be sent: its script, account and environment."""

    script: Script
    user: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    def piece(self, name: str, kind: PieceKind = PieceKind.PROBE) -> Piece:
        """The piece of a frame that asks this."""
        return Piece(
            name=name,
            kind=kind,
            script=self.script,
            user=self.user,
            environment=self.environment,
        )


def facts_of(result: PieceResult | None) -> Facts:
    """The facts that a piece printed; ProbeFailed with what the host said otherwise."""
    if result is None or result.rc is None:
        raise ProbeFailed("the probe was not run")
    if result.truncated:
        raise ProbeFailed("the probe printed too much")
    if result.rc != 0:
        said = result.stderr.decode("utf-8", "replace").strip()
        raise ProbeFailed(said or f"the probe ended with {result.rc}")
    try:
        return parse_facts(result.stdout)
    except FactError as error:
        raise ProbeFailed(str(error)) from error


def ask(link: Link, probe: Probe) -> Facts:
    """One probe, one trip; a module without a probe has no facts."""
    if not probe.script:
        return {}
    return facts_of(link.look([probe.piece("probe")]).get("probe"))


@dataclass(frozen=True, slots=True)
class _Seen:
    probe: Probe
    result: PieceResult
    at: float


class LookAhead:
    """Facts of one host that were asked for before their task's turn.

    They are good while nothing else ran on the host and for 60 s. The first trip asks a few; after
    a change one probe rides along, and the number doubles while nothing changes. Asking all at
    once would save a trip where nothing is to be done, and waste all but one where something is.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._width = FIRST
        self._mutex = threading.Lock()

    @property
    def width(self) -> int:
        """How many probes may ride along now."""
        return self._width

    def forget(self) -> None:
        """Something ran on the host: nothing that was seen before it may be used."""
        with self._mutex:
            self._seen.clear()
            self._width = 1

    def widen(self) -> None:
        """A task changed nothing."""
        with self._mutex:
            self._width = min(self._width * 2, WIDEST)

    def keep(self, probes: Mapping[str, Probe], results: Mapping[str, PieceResult]) -> None:
        """Keep the answers of probes by name."""
        now = self._clock.monotonic()
        with self._mutex:
            for name, probe in probes.items():
                if name in results and results[name].rc is not None:
                    self._seen[name] = _Seen(probe, results[name], now)

    def take(self, name: str, probe: Probe) -> PieceResult | None:
        """The answer to this very probe, if it is still good."""
        with self._mutex:
            seen = self._seen.pop(name, None)
        if seen is None or seen.probe != probe:
            return None
        return seen.result if self._clock.monotonic() - seen.at < FRESH else None


def ask_ahead(
    link: Link,
    ahead: LookAhead,
    name: str,
    probe: Probe,
    later: Callable[[int], Mapping[str, Probe]],
) -> Facts:
    """Facts for the task `name`: those seen ahead, else one trip that asks for `later` ones too.

    `later(n)` gives up to n probes of the tasks that come next on the host.
    """
    if not probe.script:
        return {}
    seen = ahead.take(name, probe)
    if seen is None:
        riding = later(ahead.width - 1)
        results = link.look([p.piece(n) for n, p in {name: probe, **riding}.items()])
        ahead.keep(riding, results)
        seen = results.get(name)
    return facts_of(seen)


def riding_pieces(probes: Mapping[str, Probe]) -> Sequence[Piece]:
    """The probes that ride along with a change, as the last pieces of its frame."""
    return [probe.piece(name) for name, probe in probes.items() if probe.script]
