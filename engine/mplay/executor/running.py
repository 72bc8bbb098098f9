"""What the parts of one execution share: its context, links, results and what it knows so far."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from mplay.channel.protocol import ReadElsewhere
from mplay.executor.attempt import Bound
from mplay.executor.context import RunContext
from mplay.executor.elsewhere import OtherHost, OtherHosts, Reader
from mplay.executor.link import Link
from mplay.executor.probing import LookAhead, ProbeFailed
from mplay.executor.recorder import Recorder
from mplay.executor.results import Results
from mplay.model.change import Facts
from mplay.model.clock import Clock
from mplay.model.errors import HostError, LinkLost, UsageError
from mplay.model.state import RunState


class Numbers:
    """The next free number of a task on each host; a number is used once."""

    def __init__(self, first: Mapping[str, int]) -> None:
        self._next = dict(first)
        self._mutex = threading.Lock()

    def take(self, host: str) -> int:
        """The next number, from 1."""
        with self._mutex:
            number = self._next.get(host, 1)
            self._next[host] = number + 1
            return number


@dataclass(slots=True, kw_only=True)
class Running:
    """One execution of a run, by one process. `past` is what the journal knew at its start.

    `stopping` is set once somebody wants it to begin nothing more.
    """

    context: RunContext
    links: Mapping[str, Link]
    recorder: Recorder
    clock: Clock
    past: RunState
    results: Results
    numbers: Numbers
    ahead: dict[str, LookAhead] = field(default_factory=dict)
    others: OtherHosts | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def beside(self, results: Results) -> Running:
        """The same hosts for somebody who only predicts, with results of their own."""
        ahead = {host: LookAhead(self.clock) for host in self.ahead}
        return replace(self, results=results, ahead=ahead)

    def link(self, host: str) -> Link:
        """The link to a host that this execution opened; LinkLost when it could not."""
        if host not in self.links:
            raise LinkLost(host, "was not reachable when the run began")
        return self.links[host]

    def elsewhere(
        self,
        bound: Bound,
        predicted: Callable[[str, Facts], Facts] = lambda _host, facts: facts,
    ) -> Facts:
        """What the task must know of another host, as `plan` sees it; {} for nothing.

        `predicted` gives facts of a host as they would be by then. ProbeFailed where they cannot be
        learned.
        """
        wanted = bound.module.elsewhere()
        if wanted is None:
            return {}
        try:
            there = self._other(wanted.host).facts(wanted.probe, self._reader(bound))
            return wanted.facts(predicted(wanted.host, there))
        except HostError as error:
            why = f"{wanted.host}, whose file it needs, cannot be read: {error.problem.what}"
            raise ProbeFailed(why) from error
        except ProbeFailed as error:
            raise ProbeFailed(f"on {wanted.host}: {error}") from error

    def reading(self, bound: Bound) -> ReadElsewhere | None:
        """How the content of blobs is read that are files of another host."""
        if bound.module.elsewhere() is None:
            return None
        reader = self._reader(bound)
        return lambda blob, offset: self._other(blob.host).read(blob, offset, reader)

    def _other(self, host: str) -> OtherHost:
        if self.others is None:
            raise UsageError(
                f"files of other hosts cannot be read here, and it needs one of {host}"
            )
        return self.others.of(host)

    def _reader(self, bound: Bound) -> Reader:
        become, user = self.context.reading(bound.step, bound.variables)
        return Reader(become=become, user=user)

    def close(self) -> None:
        """End the connections to hosts that were only read."""
        if self.others is not None:
            self.others.close()

    def look_ahead(self, host: str) -> LookAhead:
        """What was seen ahead on a host."""
        return self.ahead[host]

    def facts(self, host: str) -> Mapping[str, str]:
        """The facts of a host that it told when it was greeted."""
        link = self.links.get(host)
        return link.facts if link else {}
