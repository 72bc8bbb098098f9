"""Faults that tests and rehearsals put into a lab: so far, a pulled network cable."""

from __future__ import annotations

import time
from collections.abc import Callable

from mplay.lab import network
from mplay.lab.place import Place
from mplay.lab.registry import Record
from mplay.model.errors import UsageError


def link_down(
    place: Place,
    record: Record,
    *,
    seconds: float | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Cut a host's network; with `seconds`, wait that long and mend it, whatever happens."""
    link = _link(place, record)
    network.set_link(link, up=False)
    if seconds is not None:
        try:
            wait(seconds)
        finally:
            network.set_link(link, up=True)


def link_up(place: Place, record: Record) -> None:
    """Mend a host's network; does nothing when it is whole."""
    network.set_link(_link(place, record), up=True)


def _link(place: Place, record: Record) -> str:
    link = place.veth(record.spec.low)
    if link not in network.links(place):
        raise UsageError(
            f"The lab's host {record.spec.name} is not running.",
            hint="Bring it up again with `mplay lab up`.",
        )
    return link
