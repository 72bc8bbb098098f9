"""A host of the inventory, and how it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LOCALHOST = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to reach a host; holds no password. Empty text or None: what ssh itself would take.

    `kind` is ``ssh`` or ``local``. `common_args` are OpenSSH options as written in
    ``ansible_ssh_common_args``. `connect_timeout` is in seconds.
    """

    kind: str = "ssh"
    address: str = ""
    port: int | None = None
    user: str = ""
    key_file: str = ""
    common_args: str = ""
    connect_timeout: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host with its groups (sorted, without ``all``) and its merged variables."""

    name: str
    groups: tuple[str, ...] = ()
    vars: Mapping[str, Any] = field(default_factory=dict)
    connection: Connection = field(default_factory=Connection)


def localhost() -> Host:
    """The implicit host that stands for the controller itself."""
    return Host(name=LOCALHOST, connection=Connection(kind="local"))
