"""One lab on this machine: where its files, its bridge and its processes are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mplay.model.errors import UsageError

DEFAULT_NAME = "mplay"
CACHE = Path("/var/cache/mplay-lab")
RUN = Path("/run/mplay-lab")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The directories and names that belong to one lab; two labs share only the cache."""

    name: str
    state: Path
    bridge: str
    network: str
    """The first two numbers of its /16 subnet: ``10.91``."""

    cache: Path = CACHE
    run: Path = RUN

    @property
    def hosts(self) -> Path:
        """One directory for each host: its disk, its repository, its console log."""
        return self.state / "hosts"

    @property
    def keys(self) -> Path:
        """The private keys of the lab's users and hosts."""
        return self.state / "keys"

    @property
    def known_hosts(self) -> Path:
        """The host keys of every host this lab ever had, in OpenSSH's format."""
        return self.state / "known_hosts"

    @property
    def cgroup_name(self) -> str:
        """The directory below cgroup2 that holds every process of this lab."""
        return self.state.name

    @property
    def lock(self) -> Path:
        """Held by the one command that changes this lab."""
        return self.state / "lock"

    def address(self, low: str) -> str:
        """The full address of a host whose last two numbers are given."""
        return f"{self.network}.{low}"

    def veth(self, low: str) -> str:
        """The name of a host's link on the bridge; at most 15 characters."""
        third, fourth = low.split(".")
        return f"{self.bridge}-{int(third)}{int(fourth):03d}"


def place_from(environment: Mapping[str, str]) -> Place:
    """Return the lab that ``MPLAY_LAB_NAME`` names; without it, the default one.

    ``MPLAY_LAB_CACHE`` names another directory for the images.
    """
    cache = Path(environment.get("MPLAY_LAB_CACHE", "") or CACHE).absolute()
    name = environment.get("MPLAY_LAB_NAME", "") or DEFAULT_NAME
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,19}", name):
        raise UsageError(
            f"MPLAY_LAB_NAME is {name!r}, which is no name for a lab.",
            hint="Use up to 20 small letters, digits and hyphens, beginning with a letter.",
        )
    if name == DEFAULT_NAME:
        return Place(
            name=name,
            state=Path("/var/lib/mplay-lab"),
            bridge="mplab0",
            network="10.91",
            cache=cache,
        )
    digest = hashlib.sha256(name.encode()).digest()
    return Place(
        name=name,
        state=Path(f"/var/lib/mplay-lab-{name}"),
        bridge=f"ml{digest.hex()[:6]}",
        network=f"10.{100 + digest[-1] % 100}",
        cache=cache,
    )
