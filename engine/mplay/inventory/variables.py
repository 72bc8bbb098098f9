"""What is said of a host, merged in Ansible's order.

From the weakest: ``all`` and then the other groups in the sources; ``group_vars/all`` beside the
inventory and beside the playbook; the other ``group_vars`` beside the inventory, then beside the
playbook; the host in the sources; ``host_vars`` beside the inventory, then beside the playbook.
Of two groups the deeper one wins, then the higher ``ansible_group_priority``, then the later name.
A value replaces a weaker one whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mplay.inventory.sources import ReadVault, read_bytes
from mplay.inventory.tree import ALL, PRIORITY, Tree
from mplay.model.errors import InvalidInput, Problem, UsageError, Where
from mplay.source import Map, is_encrypted, load

_SUFFIXES = ("", ".yml", ".yaml", ".json")

Values = Mapping[str, Any]


class Variables:
    """The variables of every host. `sources` and `playbook` are folders with group_vars, host_vars.

    A file is read when it is first asked for; what is wrong with it is told of each host that it
    concerns, and of no other: whoever works on one group needs no password for another one's vault.
    """

    def __init__(
        self,
        tree: Tree,
        sources: Sequence[Path],
        playbook: Path | None,
        read_vault: ReadVault = load,
    ) -> None:
        self._tree = tree
        self._inventory = list(sources)
        self._playbook = [] if playbook is None else [playbook]
        self._read_vault = read_vault
        self._depths = tree.depths()
        self._direct = _direct(tree)
        self._above = tree.above()
        self._read: dict[Path, tuple[Values, list[Problem]]] = {}
        self._groups: dict[tuple[str, ...], tuple[Values, list[Problem]]] = {}

    def groups_of(self, host: str) -> list[str]:
        """All groups of a host but ``all``, weakest first."""
        found = {group for name in self._direct.get(host, ()) for group in self._above[name]}
        return sorted(found - {ALL}, key=self._rank)

    def of(self, host: str) -> tuple[dict[str, Any], list[Problem]]:
        """The merged variables of a host, and what is wrong with them.

        Those of ``all`` for one that no source names.
        """
        values, problems = self._of_groups(tuple(self.groups_of(host)))
        layers: list[tuple[Values, list[Problem]]] = [(self._tree.hosts.get(host, {}), [])]
        layers += [self._beside(at, "host_vars", host) for at in self._folders()]
        return _merged([(values, problems), *layers])

    def of_group(self, name: str, *, beside_playbook: bool) -> tuple[dict[str, Any], list[Problem]]:
        """What is said of a group itself, its priority too where it has one."""
        group = self._tree.groups[name]
        folders = self._folders() if beside_playbook else self._inventory
        layers: list[tuple[Values, list[Problem]]] = [(group.vars, [])]
        layers += [self._beside(folder, "group_vars", name) for folder in folders]
        values, problems = _merged(layers)
        return values | ({PRIORITY: group.priority} if group.priority != 1 else {}), problems

    def _folders(self) -> list[Path]:
        return [*self._inventory, *self._playbook]

    def _of_groups(self, names: tuple[str, ...]) -> tuple[Values, list[Problem]]:
        if names not in self._groups:
            self._groups[names] = _merged(self._layers(names))
        return self._groups[names]

    def _layers(self, names: Sequence[str]) -> Iterator[tuple[Values, list[Problem]]]:
        for name in (ALL, *names):
            yield self._tree.groups[name].vars, []
        for folder in self._folders():
            yield self._beside(folder, "group_vars", ALL)
        for folder in self._folders():
            for name in names:
                yield self._beside(folder, "group_vars", name)

    def _rank(self, name: str) -> tuple[int, int, str]:
        return self._depths[name], self._tree.groups[name].priority, name

    def _beside(self, folder: Path, kind: str, name: str) -> tuple[Values, list[Problem]]:
        base = folder / kind / name
        if base not in self._read:
            self._read[base] = _merged(self._load(file) for file in self._files(base))
        return self._read[base]

    def _files(self, base: Path) -> list[Path | Problem]:
        try:
            return list(_files(base))
        except OSError as error:
            what = f"this cannot be read: {error.strerror}"
            return [Problem(what, Where(str(error.filename or base)))]

    def _load(self, file: Path | Problem) -> tuple[Values, list[Problem]]:
        if isinstance(file, Problem):
            return {}, [file]
        try:
            return self._mapping(file), []
        except InvalidInput as error:
            return {}, list(error.problems)
        except UsageError as error:
            return {}, [error.problem]

    def _mapping(self, file: Path) -> Values:
        raw = read_bytes(file)
        name = str(file)
        data = self._read_vault(raw, name) if is_encrypted(raw) else load(raw, name)
        if data is None:
            return {}
        if not isinstance(data, Map):
            where = getattr(data, "where", None) or name
            raise UsageError("a file of variables is a mapping", where=where)
        return dict[str, Any](data.items())


def _merged(
    layers: Iterator[tuple[Values, list[Problem]]] | Sequence[tuple[Values, list[Problem]]],
) -> tuple[dict[str, Any], list[Problem]]:
    """The layers, a later one winning, and all that is wrong with them."""
    merged: dict[str, Any] = {}
    problems: list[Problem] = []
    for values, wrong in layers:
        merged.update(values)
        problems += wrong
    return merged, problems


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
        suffix = os.path.splitext(path.name)[1]  # noqa: PTH122 Path.suffix has none for 'name.'
        if path.is_dir() and not suffix:
            yield from _inside(path)
        elif path.is_file() and suffix in _SUFFIXES:
            yield path


def _direct(tree: Tree) -> dict[str, list[str]]:
    """The groups that name each host themselves."""
    found: dict[str, list[str]] = {}
    for group in tree.groups.values():
        for host in group.hosts:
            found.setdefault(host, []).append(group.name)
    return found
