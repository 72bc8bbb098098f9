"""Where a run stands: what a playbook may know of its files and of how it was called."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address
from typing import Any, Self

from mplay.model.host import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The playbook's folder, and the inventory file in which each host came first; absolute paths.

    A host that came from names with a comma has no file. `limit` is that of ``--limit``.
    """

    playbook_dir: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    limit: str = ""

    @classmethod
    def of(cls, playbook: os.PathLike[str], files: Mapping[str, str], limit: str) -> Self:
        """Those of a playbook; paths as they are seen from the working directory."""
        return cls(
            playbook_dir=os.path.dirname(os.path.abspath(playbook)),  # noqa: PTH100, PTH120 `..`
            files={host: os.path.abspath(file) for host, file in files.items() if file},  # noqa: PTH100
            limit=limit,
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Those that `as_json` gave."""
        return cls(**data)

    def as_json(self) -> dict[str, Any]:
        """Plain data, for the journal."""
        return asdict(self)

    def variables(self, host: Host) -> dict[str, Any]:
        """What a template may read of them, beside the host's own names."""
        file = self.files.get(host.name)
        known = {
            "inventory_hostname": host.name,
            "inventory_hostname_short": _short(host.name),
            "ansible_host": host.connection.address or host.name,
            "group_names": list(host.groups),
            "inventory_file": file,
            "inventory_dir": os.path.dirname(file) if file else None,  # noqa: PTH120 text
            "playbook_dir": self.playbook_dir,
            # A dry-run foretells what an apply does, and so reads what an apply reads.
            "ansible_check_mode": False,
        }
        return {**known, "ansible_limit": self.limit} if self.limit else known


def _short(name: str) -> str:
    """A name without its domain; an address has none."""
    try:
        ip_address(name)
    except ValueError:
        return name.split(".")[0]
    return name
