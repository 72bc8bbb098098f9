"""The lab's bridge and the links of its hosts.

A host's network namespace is anonymous: its keeper holds it. So when the keeper ends, namespace and
link vanish with it, and there is nothing to leak but the bridge.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mplay.lab.command import run
from mplay.lab.place import Place

NET = Path("/sys/class/net")


def raise_bridge(place: Place) -> None:
    """Create the lab's bridge with its address; does nothing when it is there."""
    if (NET / place.bridge).exists():
        return
    run(
        ["ip", "-batch", "-"],
        text=f"link add {place.bridge} type bridge\n"
        f"addr add {place.address('0.1')}/16 dev {place.bridge}\n"
        f"link set {place.bridge} up\n",
        what=f"making the bridge {place.bridge}",
    )


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
        f"link add {link} type veth peer name eth0 netns {keeper}\n"
        f"link set {link} master {place.bridge} up\n"
        for link, keeper in ends
    ]
    run(["ip", "-batch", "-"], text="".join(stale + made), what="connecting the hosts")


def set_link(link: str, *, up: bool) -> None:
    """Switch a host's link on or off, as if its cable were plugged or pulled."""
    run(["ip", "link", "set", link, "up" if up else "down"])
