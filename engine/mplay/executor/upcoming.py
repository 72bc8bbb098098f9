"""The probes of the tasks that come next on a host, where they can be asked already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mplay.executor.deciding import Deciding
from mplay.executor.probing import Probe
from mplay.model.plan import PlannedStep
from mplay.sdk import Action, State


class Upcoming:
    """Makes probes of later tasks; bound once each, since binding renders templates."""

    def __init__(self, deciding: Deciding) -> None:
        self._deciding = deciding

    def probes(self, later: Sequence[tuple[PlannedStep, str]], most: int) -> Mapping[str, Probe]:
        """Up to `most` probes by task key, in order; a task that cannot be bound yet has none."""
        found: dict[str, Probe] = {}
        for step, subject in later:
            if len(found) >= most:
                break
            bound = self._deciding.early(step, subject)
            if bound is None or not isinstance(bound.module, State | Action):
                continue
            probe = self._deciding.probe(bound, bound.module)
            if probe.script:
                found[str(bound.key)] = probe
        return found
