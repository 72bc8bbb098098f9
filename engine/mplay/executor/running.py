"""What the parts of one execution share: its context, links, results and what it knows so far."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mplay.executor.context import RunContext
from mplay.executor.link import Link
from mplay.executor.probing import LookAhead
from mplay.executor.recorder import Recorder
from mplay.executor.results import Results
from mplay.model.clock import Clock
from mplay.model.errors import LinkLost
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
    """One execution of a run, by one process. `past` is what the journal knew at its start."""

    context: RunContext
    links: Mapping[str, Link]
    recorder: Recorder
    clock: Clock
    past: RunState
    results: Results
    numbers: Numbers
    ahead: dict[str, LookAhead] = field(default_factory=dict)

    def beside(self, results: Results) -> Running:
        """The same hosts for somebody who only predicts, with results of their own."""
        ahead = {host: LookAhead(self.clock) for host in self.ahead}
        return replace(self, results=results, ahead=ahead)

    def link(self, host: str) -> Link:
        """The link to a host that this execution opened; LinkLost when it could not."""
        if host not in self.links:
            raise LinkLost(host, "was not reachable when the run began")
        return self.links[host]

    def look_ahead(self, host: str) -> LookAhead:
        """What was seen ahead on a host."""
        return self.ahead[host]

    def facts(self, host: str) -> Mapping[str, str]:
        """The facts of a host that it told when it was greeted."""
        link = self.links.get(host)
        return link.facts if link else {}
