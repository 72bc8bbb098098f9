"""The OpenSSH command line that reaches a host of the lab."""

from __future__ import annotations

from collections.abc import Sequence

from mplay.lab.place import Place
from mplay.lab.registry import Record


def ssh_command(
    place: Place, record: Record, *, login: str = "ops", command: Sequence[str] = ()
) -> list[str]:
    """Return the arguments of ``ssh`` with the lab's key and known hosts, and nobody else's."""
    return [
        "ssh",
        *("-F", "none"),
        *("-i", str(place.keys / "ops")),
        *("-o", "IdentitiesOnly=yes"),
        *("-o", "StrictHostKeyChecking=yes"),
        *("-o", "GlobalKnownHostsFile=none"),
        *("-o", f"UserKnownHostsFile={place.known_hosts}"),
        f"{login}@{place.address(record.spec.low)}",
        *command,
    ]
