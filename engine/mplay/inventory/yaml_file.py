"""Reads a source in YAML or TOML: groups with ``hosts``, ``vars`` and ``children``."""

from __future__ import annotations

from typing import Any

from mplay.inventory.ranges import expand
from mplay.inventory.tree import Tree
from mplay.model.errors import Where
from mplay.model.playbook import Text
from mplay.source import Map, did_you_mean, key_place, place

_KEYS = ("hosts", "vars", "children")


def read_yaml(tree: Tree, data: Any, file: str) -> None:
    """Add the groups of a parsed file to the tree."""
    where = Where(file)
    if data is None:
        return
    if not isinstance(data, Map):
        tree.complain("an inventory is a mapping of groups", place(data, where))
        return
    if data.get(Text("plugin")):
        tree.complain(
            "inventory plugins are not in this version",
            key_place(data, "plugin", where),
            "Use a program that prints the inventory as JSON, and name that with -i.",
        )
        return
    for name, group in data.items():
        _Reader(tree, where).group(name, group)


class _Reader:
    def __init__(self, tree: Tree, where: Where) -> None:
        self._tree = tree
        self._file = where

    def group(self, name: str, data: Any) -> None:
        where = self._place(name)
        self._tree.group(name)
        if data is None:
            return
        if not isinstance(data, Map):
            self._wrong(f"the group {name} is a mapping", data, where, "")
            return
        for key, value in data.items():
            if key == "vars":
                variables = self._mapping(value, f"vars of {name}", where)
                self._tree.set_of_group(name, variables, where)
            elif key == "hosts":
                self._hosts(name, value, where)
            elif key == "children":
                self._children(name, value, where)
            else:
                hint = did_you_mean(key, _KEYS).strip() or "Keys are hosts, vars and children."
                self._tree.complain(f"a group has no key '{key}'", self._place(key), hint)

    def _hosts(self, group: str, data: Any, where: Where) -> None:
        for host, variables in self._mapping(_named(data), f"hosts of {group}", where).items():
            self._host(group, host, variables)

    def _children(self, group: str, data: Any, where: Where) -> None:
        for child, inner in self._mapping(_named(data), f"children of {group}", where).items():
            self._tree.add_child(group, child, self._place(child))
            self.group(child, inner)

    def _host(self, group: str, pattern: str, data: Any) -> None:
        where = self._place(pattern)
        # Ansible takes whatever is empty or false for *no variables*.
        variables = self._mapping(data or None, f"the host {pattern}", where)
        try:
            names, port = expand(pattern)
        except ValueError as error:
            self._tree.complain(f"the host '{pattern}' {error}", where)
            return
        for name in names:
            self._tree.add_host(name, group, self._file.file, port)
            self._tree.set_of_host(name, variables, where)

    def _mapping(self, data: Any, what: str, where: Where) -> dict[str, Any]:
        if isinstance(data, Map):
            return dict[str, Any](data.items())
        if data is not None:
            self._wrong(f"{what}: this is no mapping", data, where, "Write 'name:' for each one.")
        return {}

    def _place(self, name: str) -> Where:
        return name.where if isinstance(name, Text) else self._file

    def _wrong(self, what: str, data: Any, where: Where, hint: str) -> None:
        self._tree.complain(what, place(data, where), hint)


def _named(data: Any) -> Any:
    """``hosts: web1`` names one host."""
    return Map([(data, None)], data.where) if isinstance(data, Text) and data else data
