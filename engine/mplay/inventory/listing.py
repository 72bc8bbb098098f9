"""An inventory as ``ansible-inventory --list`` and ``--graph`` print it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from mplay.inventory.inventory import Inventory
from mplay.inventory.tree import ALL
from mplay.model.playbook import Text
from mplay.model.sealed import Sealed

Leaf: TypeAlias = Callable[[Any], Any]
"""Turns a value that is neither mapping nor list into plain data."""

_INTERNAL = frozenset(
    {
        *("ansible_async_path", "ansible_collection_name", "ansible_config_file"),
        *("ansible_dependent_role_names", "ansible_diff_mode", "ansible_facts", "ansible_forks"),
        *("ansible_inventory_sources", "ansible_limit", "ansible_play_batch", "ansible_play_hosts"),
        *("ansible_play_hosts_all", "ansible_play_role_names", "ansible_playbook_python"),
        *("ansible_role_name", "ansible_role_names", "ansible_run_tags", "ansible_skip_tags"),
        *("ansible_verbosity", "ansible_version", "inventory_dir", "inventory_file"),
        *("inventory_hostname", "inventory_hostname_short", "groups", "group_names", "hostvars"),
        *("playbook_dir", "play_hosts", "role_name", "role_names", "role_path", "role_uuid"),
    }
)
"""Names that are set by themselves; Ansible leaves them out of its lists too."""


def as_list(
    inventory: Inventory, hosts: Collection[str], extra_vars: Mapping[str, Any]
) -> dict[str, Any]:
    """Groups with their own hosts and children, and ``_meta`` with the variables of the hosts.

    Of `hosts` only; groups that are left with neither hosts nor children are left out.
    """
    wanted = frozenset(hosts)
    found: dict[str, Any] = {}
    for name, branch in inventory.branches.items():
        own = [host for host in branch.hosts if host in wanted and name != ALL]
        group = {"children": list(branch.children), "hosts": own}
        if any(group.values()):
            found[name] = {key: value for key, value in group.items() if value}
    listed = sorted(name for name in inventory.groups[ALL] if name in wanted)
    variables = {name: variables_of(inventory, name, extra_vars, marked) for name in listed}
    found["_meta"] = {"hostvars": {name: own for name, own in variables.items() if own}}
    return {name: found[name] for name in sorted(found)}


def variables_of(
    inventory: Inventory, name: str, extra_vars: Mapping[str, Any], leaf: Leaf
) -> dict[str, Any]:
    """The merged variables of a host as plain data, in the order of their names."""
    return _plain({**inventory.known(name).vars, **extra_vars}, leaf)


def as_graph(
    inventory: Inventory,
    group: str,
    *,
    with_vars: bool,
    extra_vars: Mapping[str, Any],
    beside_playbook: bool = False,
) -> Iterator[str]:
    """The lines of a group and all that is inside it.

    With variables, those of groups are what the inventory says of them, and with
    `beside_playbook` what ``group_vars`` there say too.
    """
    return _Graph(inventory, extra_vars, with_vars, beside_playbook).lines(group)


@dataclass(frozen=True, slots=True)
class _Graph:
    inventory: Inventory
    extra_vars: Mapping[str, Any]
    with_vars: bool
    beside_playbook: bool

    def lines(self, group: str) -> Iterator[str]:
        waiting = [self._group(group, 0)]
        while waiting:
            found = next(waiting[-1], None)
            if found is None:
                waiting.pop()
            elif isinstance(found, str):
                yield found
            else:
                waiting.append(self._group(*found))

    def _group(self, name: str, depth: int) -> Iterator[str | tuple[str, int]]:
        """The lines of a group; in place of those of a group inside it, its name and depth."""
        yield _line(f"@{name}:", depth)
        branch = self.inventory.branches[name]
        for child in branch.children:
            yield child, depth + 1
        for host in branch.hosts if name != ALL else ():
            yield _line(host, depth + 1)
            if self.with_vars:
                own = variables_of(self.inventory, host, self.extra_vars, shown)
                yield from self._variables(own, depth + 2)
        if self.with_vars:
            said = self.inventory.vars_of_group(name, beside_playbook=self.beside_playbook)
            yield from self._variables(_plain(said, shown), depth + 1)

    def _variables(self, values: Mapping[str, Any], depth: int) -> Iterator[str]:
        for name, value in values.items():
            yield _line(f"{{{name} = {value}}}", depth)


def _line(text: str, depth: int) -> str:
    return f"{'  |' * depth}--{text}" if depth else text


def _plain(values: Mapping[str, Any], leaf: Leaf) -> dict[str, Any]:
    kept = (name for name in sorted(values) if name not in _INTERNAL)
    return {str(name): _walked(values[name], leaf) for name in kept}


def _walked(value: Any, leaf: Leaf) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _walked(item, leaf) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walked(item, leaf) for item in value]
    return leaf(value)


def shown(value: Any) -> Any:
    """A value for people; what is no data (a sealed value) as it shows itself."""
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return str(value)


def marked(value: Any) -> Any:
    """A value of JSON, with Ansible's marks: of sealed values, and of text that is no template.

    What is in a file that is sealed as a whole is not shown.
    """
    if isinstance(value, Sealed) and not value.path:
        return {"__ansible_vault": value.envelope}
    if isinstance(value, str) and not isinstance(value, Text):
        return {"__ansible_unsafe": value}
    return shown(value)
