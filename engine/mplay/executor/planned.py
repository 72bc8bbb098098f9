"""A change that is planned and not yet journalled."""

from __future__ import annotations

from dataclasses import dataclass

from mplay.executor.attempt import Bound
from mplay.executor.probing import Probe
from mplay.model.change import Change, Facts
from mplay.model.plan import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The change of a task, and the facts and the probe that it was planned from."""

    node: Node
    bound: Bound
    change: Change
    seen: Facts
    probe: Probe
