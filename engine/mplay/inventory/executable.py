"""Runs a program that prints an inventory as JSON: ``--list``, and ``--host NAME`` where it must.

What it prints is read like a file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mplay.inventory.program import output_of
from mplay.inventory.ranges import check_name
from mplay.inventory.tree import Tree
from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text
from mplay.model.sealed import Sealed
from mplay.source import texts

_META, _UNSAFE, _VAULT = "_meta", "__ansible_unsafe", "__ansible_vault"
_KEYS = ("hosts", "vars", "children")


def read_executable(tree: Tree, file: Path) -> bool:
    """Add what the program tells to the tree; False where the file is no program."""
    said = output_of(file, "--list")
    if said is None:
        return False
    where = Where(f"{file} --list")
    data = _parsed(said, where)
    reader = _Reader(tree, file, where)
    known = reader.mapping(data[_META], "hostvars", _META) if _META in data else None
    for name, group in data.items():
        if name != _META:
            reader.group(name, group)
    for host in reader.hosts:
        reader.variables(host, known)
    return True


class _Reader:
    """Goes through the groups; `hosts` are those that the program named."""

    def __init__(self, tree: Tree, file: Path, where: Where) -> None:
        self._tree = tree
        self._file = file
        self._where = where
        self.hosts: dict[str, None] = {}

    def group(self, name: str, data: Any) -> None:
        self._tree.group(name)
        if not isinstance(data, dict):
            data = {"hosts": data}
        elif not any(key in data for key in _KEYS):
            # So it is in Ansible: a group without the known keys is a host of its own name, and
            # what is said of it is no template.
            self._host(name, name)
            self._tree.set_of_group(name, data, self._where)
            return
        for host in self._names(data, "hosts", name):
            self._host(host, name)
        self._tree.set_of_group(name, self._texts(self.mapping(data, "vars", name)), self._where)
        for child in self._names(data, "children", name):
            self._tree.add_child(name, child, self._where)

    def mapping(self, data: Any, key: str, group: str) -> dict[str, Any]:
        found = data.get(key, None if group == _META else {}) if isinstance(data, dict) else None
        if not isinstance(found, dict):
            self._tree.complain(f"{group}.{key} is no mapping", self._where)
            return {}
        return found

    def variables(self, host: str, known: Mapping[str, Any] | None) -> None:
        """Those of `_meta`; without it the program is asked for each host."""
        where = self._where
        if known is None:
            where = Where(f"{self._file} --host {host}")
            said = output_of(self._file, "--host", host) or b""
            found: Any = _parsed(said, where) if said.strip() else {}
        else:
            found = known.get(host, {})
        if not isinstance(found, dict):
            self._tree.complain(f"the variables of {host} are no mapping", where)
            return
        self._tree.set_of_host(host, self._texts(found), where)

    def _host(self, name: str, group: str) -> None:
        try:
            check_name(name)
        except ValueError as error:
            self._tree.complain(f"the host '{name}' {error}", self._where)
            return
        self.hosts[name] = None
        self._tree.add_host(name, group, str(self._file))

    def _names(self, data: Mapping[str, Any], key: str, group: str) -> list[str]:
        found = data.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            self._tree.complain(f"{group}.{key} is no list of names", self._where)
            return []
        return found

    def _texts(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: _value(value, self._where) for key, value in values.items()}


def _value(value: Any, where: Where) -> Any:
    """What a person wrote, as templates; what Ansible's own mark calls no template stays text."""
    if isinstance(value, list):
        return [_value(item, where) for item in value]
    if not isinstance(value, dict):
        return texts(value, where)
    if set(value) == {_UNSAFE}:
        return value[_UNSAFE]
    if set(value) == {_VAULT}:
        return Sealed(envelope=str(value[_VAULT]), where=where)
    return {Text(key, where): _value(item, where) for key, item in value.items()}


def _parsed(raw: bytes, where: Where) -> dict[str, Any]:
    try:
        data = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UsageError("this printed what is not UTF-8", where=where) from error
    except json.JSONDecodeError as error:
        place = Where(where.file, error.lineno, error.colno)
        raise UsageError(f"not valid JSON: {error.msg}", where=place) from error
    except (RecursionError, ValueError) as error:
        raise UsageError("this printed JSON that cannot be used", where=where) from error
    if not isinstance(data, dict):
        raise UsageError("this printed no mapping of groups", where=where)
    return data
