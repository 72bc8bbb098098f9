"""The lab's bridge and the links of its hosts.

A host's network namespace is anonymous: its keeper holds it. So when the keeper ends, namespace and
link vanish with it, and there is nothing to leak but the bridge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from mplay.lab.command import run
from mplay.lab.place import Place
from mplay.model.errors import UsageError

NET = Path("/sys/class/net")


def raise_bridge(place: Place) -> None:
    """Create the lab's bridge with its address; does nothing when it is there."""
    if (NET / place.bridge).exists():
        return
    taken = subnet_route(place)
    if taken:
        raise UsageError(
            f"The network of this lab, {place.network}.0.0/16, is in use: {taken}",
            hint="Choose another lab with MPLAY_LAB_NAME=other, or remove that route.",
        )
    run(
        ["ip", "-batch", "-"],
        text=f"link add {place.bridge} type bridge\n"
        f"addr add {place.address('0.1')}/16 dev {place.bridge}\n"
        f"link set {place.bridge} up\n",
        what=f"making the bridge {place.bridge}",
    )


def subnet_route(place: Place) -> str:
    """Return a route of this machine into the lab's network that is not the lab's, or nothing."""
    routes = run(["ip", "-4", "route", "show", "root", f"{place.network}.0.0/16"]).splitlines()
    return next((r.strip() for r in routes if f"dev {place.bridge} " not in f"{r} "), "")


def drop_bridge(place: Place) -> None:
    """Remove the bridge and whatever links of this lab are left."""
    for link in links(place):
        run(["ip", "link", "del", link], check=False)
    if (NET / place.bridge).exists():
        run(["ip", "link", "del", place.bridge])


def links(place: Place) -> tuple[str, ...]:
    """Return the links of this lab's hosts that exist now."""
    return tuple(sorted(link.name for link in NET.glob(f"{place.bridge}-*")))


def connect(place: Place, ends: Sequence[tuple[str, int]]) -> None:
    """Give each (link, keeper) pair a link from the bridge to ``eth0`` of the keeper's network."""
    stale = [f"link del {link}\n" for link, _keeper in ends if (NET / link).exists()]
    made = [
        f"link add {link} type veth peer name eth0 address {_mac(link)} netns {keeper}\n"
        f"link set {link} master {place.bridge} up\n"
        for link, keeper in ends
    ]
    run(["ip", "-batch", "-"], text="".join(stale + made), what="connecting the hosts")


def _mac(link: str) -> str:
    """Return the hardware address of a host, always the same one.

    The machine and the other hosts remember it for a while; with another one after a reset, the
    host would not be found until they forget.
    """
    digest = hashlib.sha256(link.encode()).hexdigest()
    return ":".join(["02", *(digest[at : at + 2] for at in range(0, 10, 2))])


def set_link(link: str, *, up: bool) -> None:
    """Switch a host's link on or off, as if its cable were plugged or pulled."""
    run(["ip", "link", "set", link, "up" if up else "down"])
