"""Finds the files of an inventory's sources and reads each one in its format."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mplay.inventory.ini_file import read_ini
from mplay.inventory.ranges import expand
from mplay.inventory.tree import UNGROUPED, Tree
from mplay.inventory.yaml_file import read_yaml
from mplay.model.errors import InvalidInput, UsageError, Where
from mplay.source import MAX_BYTES, Map, decode, load

_YAML = (".yml", ".yaml", ".json")
_NOT_YET = {".toml": "an inventory in TOML is", ".py": "an executable inventory is"}
_IGNORED = (
    *(".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst"),
    *(".orig", ".cfg", ".retry"),
)
_BESIDE = frozenset({"group_vars", "host_vars", "vars_plugins"})


def read_source(tree: Tree, source: str) -> None:
    """Add a file, a folder of files, or a list of hosts with a comma, to the tree."""
    if "," in source:
        _read_list(tree, source)
        return
    for file in _found(tree, Path(source)):
        try:
            _read_file(tree, file)
        except InvalidInput as error:
            tree.problems.extend(error.problems)
        except UsageError as error:
            tree.problems.append(error.problem)


def _found(tree: Tree, path: Path) -> list[Path]:
    try:
        path.stat()
        return list(_files(path))
    except FileNotFoundError:
        what, hint = "there is no such inventory", "Name a file or folder with -i."
    except OSError as error:
        what, hint = f"this inventory cannot be read: {error.strerror}", ""
    tree.complain(what, Where(str(path)), hint)
    return []


def read_bytes(file: Path) -> bytes:
    """The bytes of a file, one more than may be at most. UsageError when it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"this cannot be read: {error.strerror}", where=str(file)) from error


def _read_list(tree: Tree, source: str) -> None:
    for pattern in filter(None, (part.strip() for part in source.split(","))):
        try:
            names, port = expand(pattern)
        except ValueError as error:
            tree.complain(f"the host '{pattern}' {error}", Where("-i"))
            continue
        variables = {} if port is None else {"ansible_port": port}
        for name in names:
            tree.add_host(name, UNGROUPED, variables)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for inner in sorted(path.iterdir()):
        hidden = inner.name.startswith(".") or inner.name in _BESIDE
        if not hidden and not inner.name.endswith(_IGNORED):
            yield from _files(inner)


def _read_file(tree: Tree, file: Path) -> None:
    name, suffix = str(file), file.suffix.lower()
    raw = read_bytes(file)
    what = _NOT_YET.get(suffix)
    if raw.startswith(b"#!") or (what and os.access(file, os.X_OK)):
        what = _NOT_YET[".py"]
    if what:
        raise UsageError(f"{what} not in this version", where=name)
    if suffix in _YAML:
        read_yaml(tree, load(raw, name), name)
        return
    text = decode(raw, name)
    data = None if suffix == ".ini" else _as_groups(raw, name)
    if data is not None:
        read_yaml(tree, data, name)
    else:
        read_ini(tree, text, name)


def _as_groups(raw: bytes, name: str) -> Map | None:
    """The groups of a file that does not say its format, if it is YAML; else it is INI."""
    try:
        data = load(raw, name)
    except InvalidInput:
        return None
    groups = isinstance(data, Map) and all(v is None or isinstance(v, Map) for v in data.values())
    return data if groups else None
