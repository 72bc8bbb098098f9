"""What is said of a host, merged in Ansible's order.

From the weakest: ``all`` and then the other groups in the sources; ``group_vars/all`` beside the
inventory and beside the playbook; the other ``group_vars`` beside the inventory, then beside the
playbook; the host in the sources; ``host_vars`` beside the inventory, then beside the playbook.
Of two groups the deeper one wins, then the higher ``ansible_group_priority``, then the later name.
A value replaces a weaker one whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mplay.inventory.sources import read_bytes
from mplay.inventory.tree import ALL, Tree
from mplay.model.errors import InvalidInput, UsageError, Where
from mplay.source import Map, load

_SUFFIXES = ("", ".yml", ".yaml", ".json")
_VAULT = b"$ANSIBLE_VAULT"

Values = Mapping[str, Any]


class Variables:
    """The variables of every host. `beside` are folders with group_vars and host_vars."""

    def __init__(self, tree: Tree, sources: Sequence[Path], playbook: Path | None) -> None:
        self._tree = tree
        self._inventory = list(dict.fromkeys(sources))
        self._playbook = [] if playbook is None else [playbook]
        self._depths = tree.depths()
        self._above = _ancestors(tree)
        self._read: dict[Path, Values] = {}
        self._groups: dict[tuple[str, ...], Values] = {}

    def groups_of(self, host: str) -> list[str]:
        """All groups of a host but ``all``, weakest first."""
        direct = [g.name for g in self._tree.groups.values() if host in g.hosts]
        found = {group for name in direct for group in self._above[name]} - {ALL}
        return sorted(found, key=self._rank)

    def of(self, host: str) -> dict[str, Any]:
        """The merged variables of a host; of one that no source names, those of ``all``."""
        merged = dict(self._of_groups(tuple(self.groups_of(host))))
        merged.update(self._tree.hosts.get(host, {}))
        for folder in (*self._inventory, *self._playbook):
            merged.update(self._beside(folder, "host_vars", host))
        return merged

    def _of_groups(self, names: tuple[str, ...]) -> Values:
        if names not in self._groups:
            merged: dict[str, Any] = {}
            for values in self._layers(names):
                merged.update(values)
            self._groups[names] = merged
        return self._groups[names]

    def _layers(self, names: Sequence[str]) -> Iterator[Values]:
        for name in (ALL, *names):
            yield self._tree.groups[name].vars
        for folder in (*self._inventory, *self._playbook):
            yield self._beside(folder, "group_vars", ALL)
        for folder in (*self._inventory, *self._playbook):
            for name in names:
                yield self._beside(folder, "group_vars", name)

    def _rank(self, name: str) -> tuple[int, int, str]:
        priority = self._tree.groups[name].vars.get("ansible_group_priority", 1)
        whole = str(priority).strip()
        return self._depths[name], int(whole) if whole.lstrip("-").isdigit() else 1, name

    def _beside(self, folder: Path, kind: str, name: str) -> Values:
        base = folder / kind / name
        if base not in self._read:
            merged: dict[str, Any] = {}
            for file in self._files(base):
                merged.update(self._load(file))
            self._read[base] = merged
        return self._read[base]

    def _files(self, base: Path) -> list[Path]:
        try:
            return _files(base)
        except OSError as error:
            what = f"this cannot be read: {error.strerror}"
            self._tree.complain(what, Where(str(error.filename or base)))
            return []

    def _load(self, file: Path) -> Values:
        try:
            return _mapping(file)
        except InvalidInput as error:
            self._tree.problems.extend(error.problems)
        except UsageError as error:
            self._tree.problems.append(error.problem)
        return {}


def _mapping(file: Path) -> Values:
    raw = read_bytes(file)
    if raw.startswith(_VAULT):
        raise UsageError("Ansible Vault is not in this version", where=str(file))
    data = load(raw, str(file))
    if data is None:
        return {}
    if not isinstance(data, Map):
        where = getattr(data, "where", None) or str(file)
        raise UsageError("a file of variables is a mapping", where=where)
    return dict[str, Any](data.items())


def _files(base: Path) -> list[Path]:
    """The file of that name, with or without a suffix, or all files of the folder."""
    for suffix in _SUFFIXES:
        path = base.with_name(base.name + suffix)
        if path.is_dir():
            return list(_inside(path))
        if path.exists():
            return [path]
    return []


def _inside(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        if path.is_dir() and not path.suffix:
            yield from _inside(path)
        elif path.is_file() and path.suffix in _SUFFIXES:
            yield path


def _ancestors(tree: Tree) -> dict[str, set[str]]:
    """Each group with all groups that hold it."""
    found: dict[str, set[str]] = {name: {name} for name in tree.groups}
    for name in tree.groups:
        for inner in tree.below(name):
            found[inner].add(name)
    return found
