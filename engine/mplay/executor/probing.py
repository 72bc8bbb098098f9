"""Asking a host for facts, and looking ahead: the probes of later tasks ride along."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from mplay.channel.protocol import Piece, PieceKind, PieceResult
from mplay.executor.link import Link
from mplay.model.change import Facts
from mplay.model.clock import Clock
from mplay.sdk import FactError, Script, parse_facts

FRESH = 60.0
"""Seconds for which a fact that was looked up ahead may be used."""
WIDEST = 64
"""Probes in one message at most."""


class ProbeFailed(Exception):
    """A probe gave no facts; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A probe that is ready to be sent: its script, account and environment.

    `confined`: it looks at nothing but what its facts name (`Module.CONFINED`).
    """

    script: Script
    confined: bool = False
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
    keys: Collection[str] | None

    def outlives(self, touched: Collection[str]) -> bool:
        """Whether a change that touched nothing but these facts leaves it true."""
        return self.keys is not None and not any(key in self.keys for key in touched)


def _keys(probe: Probe, result: PieceResult) -> Collection[str] | None:
    """All that the answer says something of; None where nobody can tell."""
    if not probe.confined:
        return None
    try:
        return facts_of(result).keys()
    except ProbeFailed:
        return None


class LookAhead:
    """Facts of one host that were asked for before their task's turn.

    They are good for 60 s while nothing else ran on the host; those of confined probes also while
    nothing ran but confined changes of other facts. The first trip asks all that can be asked;
    after a change one probe rides along, and the number doubles while nothing changes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._width = WIDEST
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

    def changed(self, touched: Collection[str]) -> None:
        """A confined change ran: it touched these facts and no others."""
        with self._mutex:
            kept = {name: seen for name, seen in self._seen.items() if seen.outlives(touched)}
            if len(kept) < len(self._seen):
                self._width = 1
            self._seen = kept

    def lacking(self, probes: Mapping[str, Probe]) -> dict[str, Probe]:
        """Those of some probes to which no answer is kept."""
        with self._mutex:
            return {name: probe for name, probe in probes.items() if name not in self._seen}

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
                    keys = _keys(probe, results[name])
                    self._seen[name] = _Seen(probe, results[name], now, keys)

    def take(self, name: str, probe: Probe) -> PieceResult | None:
        """The answer to this very probe, if it is still good; it is good once."""
        found = self.see(name, probe)
        with self._mutex:
            self._seen.pop(name, None)
        return found

    def see(self, name: str, probe: Probe) -> PieceResult | None:
        """The same, and it is kept."""
        with self._mutex:
            seen = self._seen.get(name)
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
