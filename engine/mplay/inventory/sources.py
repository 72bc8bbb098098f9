"""Finds the files of an inventory's sources and reads each one in its format."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from mplay.inventory.executable import read_executable
from mplay.inventory.ini_file import read_ini
from mplay.inventory.ranges import expand
from mplay.inventory.toml_file import read_toml
from mplay.inventory.tree import UNGROUPED, Tree
from mplay.inventory.yaml_file import read_yaml
from mplay.model.errors import InvalidInput, UsageError, Where
from mplay.source import MAX_BYTES, Map, decode, is_encrypted, load

ReadVault: TypeAlias = Callable[[bytes, str], Any]
"""The document in a file that is encrypted as a whole, by its bytes and its name. UsageError."""

_MOST_PROBLEMS = 10
_YAML = (".yml", ".yaml", ".json")
_IGNORED = (
    *(".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst"),
    *(".orig", ".cfg", ".retry"),
)
_SECTION = re.compile(rb"^\[[^\]\s,]+\][ \t]*(?:#.*)?\r?$", re.MULTILINE)
_BESIDE = frozenset({"group_vars", "host_vars", "vars_plugins"})


def is_list(source: str) -> bool:
    """Whether a source is names of hosts rather than a file: ``web1,web2,``."""
    if "," not in source:
        return False
    try:
        return not Path(source).exists()
    except OSError:
        return True


class Sources:
    """Reads sources into a tree. `read_vault` opens files that are encrypted as a whole."""

    def __init__(self, tree: Tree, read_vault: ReadVault = load) -> None:
        self._tree = tree
        self._read_vault = read_vault

    def read(self, source: str) -> None:
        """Add a file, a folder of files, or a list of hosts with a comma, to the tree."""
        if is_list(source):
            self._list(source)
            return
        for file in self._found(Path(source)):
            before = len(self._tree.problems)
            try:
                self._file(file)
            except InvalidInput as error:
                self._tree.problems.extend(error.problems)
            except UsageError as error:
                self._tree.problems.append(error.problem)
            self._shorten(before, file)

    def _shorten(self, before: int, file: Path) -> None:
        """Of a file that is full of what is wrong (a note among the inventories) tell some."""
        problems = self._tree.problems
        left = len(problems) - before - _MOST_PROBLEMS
        if left > 0:
            del problems[before + _MOST_PROBLEMS :]
            hint = "If this is no inventory, take it out of the folder or add .txt to its name."
            self._tree.complain(f"and {left} more in this file", Where(str(file)), hint)

    def _found(self, path: Path) -> list[Path]:
        try:
            path.stat()
            return list(_files(path))
        except FileNotFoundError:
            what, hint = "there is no such inventory", "Name a file or folder with -i."
        except OSError as error:
            what, hint = f"this inventory cannot be read: {error.strerror}", ""
        self._tree.complain(what, Where(str(path)), hint)
        return []

    def _list(self, source: str) -> None:
        for name in filter(None, (part.strip() for part in source.split(","))):
            try:
                host, port = _one(name)
            except ValueError as error:
                self._tree.complain(f"the host '{name}' {error}", Where("-i"))
                continue
            if host not in self._tree.hosts:
                self._tree.add_host(host, UNGROUPED, "", port)

    def _file(self, file: Path) -> None:
        if os.access(file, os.X_OK) and read_executable(self._tree, file):
            return
        name, suffix = str(file), file.suffix
        raw = read_bytes(file)
        if raw.startswith(b"#!"):
            hint = f"chmod +x {shlex.quote(name)}"
            raise UsageError("this begins like a program and is none", where=name, hint=hint)
        if is_encrypted(raw):
            read_yaml(self._tree, self._read_vault(raw, name), name)
        elif suffix == ".toml":
            read_toml(self._tree, decode(raw, name), name)
        elif suffix and suffix not in _YAML:
            read_ini(self._tree, decode(raw, name), name)
        else:
            self._yaml_or_ini(raw, name, told=bool(suffix))

    def _yaml_or_ini(self, raw: bytes, name: str, *, told: bool) -> None:
        """A file that may be either, as Ansible tries them; what is wrong is told of the likelier.

        `told`: its suffix says that it is YAML.
        """
        try:
            data = load(raw, name)
        except InvalidInput:
            if (told or _begins_like_yaml(raw)) and not _is_ini(raw, name):
                raise
            groups = False
        else:
            likely = told or isinstance(data, Map)
            groups = _are_groups(data, told=told) or (likely and not _is_ini(raw, name))
        if groups:
            read_yaml(self._tree, data, name)
        else:
            read_ini(self._tree, decode(raw, name), name)


def read_bytes(file: Path) -> bytes:
    """The bytes of a file, one more than may be at most. UsageError when it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"this cannot be read: {error.strerror}", where=str(file)) from error


def _one(name: str) -> tuple[str, int | None]:
    """A name of a list and its port. ValueError for a range: Ansible takes that for a name."""
    found, port = expand(name)
    if len(found) != 1 or found[0] not in name:
        raise ValueError("is a range, and ranges stand in files only")
    return found[0], port


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for inner in sorted(path.iterdir()):
        hidden = inner.name.startswith(".") or inner.name in _BESIDE
        if not hidden and not inner.name.endswith(_IGNORED):
            yield from _files(inner)


def _are_groups(data: Any, *, told: bool) -> bool:
    """Whether data are groups beyond doubt, or nothing at all."""
    if not isinstance(data, Map):
        return data is None
    return told or all(group is None or isinstance(group, Map) for group in data.values())


def _is_ini(raw: bytes, name: str) -> bool:
    """Whether the file has sections of INI, or nothing is wrong with it as INI."""
    if _SECTION.search(raw):
        return True
    scratch = Tree()
    read_ini(scratch, decode(raw, name), name)
    return not scratch.problems


def _begins_like_yaml(raw: bytes) -> bool:
    lines = (line.strip() for line in raw.splitlines())
    first = next((line for line in lines if line and line[:1] not in b"#;"), b"")
    return first in {b"---", b"{"} or first.endswith(b":")
