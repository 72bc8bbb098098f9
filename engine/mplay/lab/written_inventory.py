"""The inventories of a lab in Ansible's YAML format, written beside its registry.

The default lab's platform hosts are also in the inventory that ships with mplay, for which
`platform_inventory` and `group_variables` are the source: a test holds them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from mplay.lab.place import Place
from mplay.lab.platform import ENVIRONMENTS, PLATFORM, ROLES, HostSpec


def inventory_file(place: Place, *, bare: bool) -> Path:
    """Return the path of the inventory that a lab writes for its platform or its bare hosts."""
    return place.state / "inventory" / ("bare.yml" if bare else "platform.yml")


def write_inventories(place: Place, specs: Iterable[HostSpec]) -> None:
    """Write the inventories of these hosts; an inventory without a host is removed."""
    known = list(specs)
    for bare in (True, False):
        path = inventory_file(place, bare=bare)
        chosen = [spec for spec in known if spec.is_bare == bare]
        if not chosen:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        content = _bare(place, chosen) if bare else _platform(place)
        half = path.with_suffix(".new")
        half.write_text(yaml.safe_dump(content, sort_keys=False))
        half.rename(path)


def connection(place: Place, *, user: str) -> dict[str, str]:
    """Return the variables by which Ansible and mplay reach the hosts of a lab."""
    return {
        "ansible_user": user,
        "ansible_ssh_private_key_file": str(place.keys / "ops"),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={place.known_hosts}",
    }


def platform_inventory(place: Place) -> dict[str, Any]:
    """Return hosts and groups of the platform: a group for each role and each environment."""
    roles = [name for name in ROLES if name != "bare"]
    groups: dict[str, Any] = {
        name: {"hosts": _named([spec for spec in PLATFORM if spec.role == name])} for name in roles
    }
    for name in ENVIRONMENTS:
        chosen = [spec for spec in PLATFORM if spec.environment == name]
        groups[name] = {"hosts": _named(chosen)}
    addresses = {spec.name: {"ansible_host": place.address(spec.low)} for spec in PLATFORM}
    return {"all": {"hosts": addresses, "children": groups}}


def group_variables(place: Place) -> dict[str, dict[str, str]]:
    """Return the variables of each group of the platform."""
    variables: dict[str, dict[str, str]] = {"all": connection(place, user="ops")}
    for name in ENVIRONMENTS:
        balancer = next(s for s in PLATFORM if s.environment == name and s.role == "lb")
        variables[name] = {
            "load_balancer": balancer.name,
            "site_address": f"http://{place.address(balancer.low)}",
        }
    return variables


def _platform(place: Place) -> dict[str, Any]:
    inventory = platform_inventory(place)
    variables = group_variables(place)
    inventory["all"]["vars"] = variables.pop("all")
    for name, values in variables.items():
        inventory["all"]["children"][name]["vars"] = values
    return inventory


def _bare(place: Place, specs: Sequence[HostSpec]) -> dict[str, Any]:
    hosts = {spec.name: {"ansible_host": place.address(spec.low)} for spec in specs}
    return {"bare": {"hosts": hosts, "vars": connection(place, user="root")}}


def _named(specs: Iterable[HostSpec]) -> dict[str, dict[str, str]]:
    return {spec.name: {} for spec in specs}
