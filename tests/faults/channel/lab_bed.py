"""Hosts of the lab as beds for trials."""

from __future__ import annotations

from mplay.model.host import Connection, Host
from tests.faults.channel.bed import Bed
from tests.lab.fixtures import LabHost


def connection(host: LabHost, *, user: str = "root") -> Connection:
    """How the lab's own inventory would reach it."""
    place = host.lab.place
    return Connection(
        address=host.address,
        user=user,
        key_file=str(place.keys / "ops"),
        common_args=f"-o UserKnownHostsFile={place.known_hosts}",
        connect_timeout=5.0,
    )


def lab_bed(host: LabHost, *, user: str = "root") -> Bed:
    """A bed on a host; its state is root's."""
    return Bed(
        host=Host(name=host.name, connection=connection(host, user=user)),
        state="/var/lib/mplay",
        shell=lambda command: host.ssh(command).stdout,
    )
