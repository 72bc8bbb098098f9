"""Reads a source in TOML: the groups of the YAML format, with ``children`` as lists."""

from __future__ import annotations

import datetime
import re
import tomllib
from typing import Any

from mplay.inventory.tree import Tree
from mplay.inventory.yaml_file import read_yaml
from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text
from mplay.source import Map, texts

_AT = re.compile(r" \(at line (\d+), column (\d+)\)\Z")
_TIMES = (datetime.date, datetime.time)


def read_toml(tree: Tree, text: str, file: str) -> None:
    """Add the groups of a TOML text to the tree. UsageError, located, for what is no TOML."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        found = _AT.search(said)
        where = Where(file, int(found[1]), int(found[2])) if found else Where(file)
        raise UsageError(f"not valid TOML: {_AT.sub('', said)}", where=where) from error
    except RecursionError as error:
        raise UsageError("values are nested too deep", where=file) from error
    groups = []
    for name, group in data.items():
        where = _header(text, name, file)
        groups.append((Text(name, where), _group(group, where)))
    read_yaml(tree, Map(groups, Where(file)), file)


def _header(text: str, name: str, file: str) -> Where:
    """The first table of a group: the parser keeps no places."""
    header = re.compile(rf"\s*\[?\s*(['\"]?){re.escape(name)}\1\s*[\].=]")
    for number, line in enumerate(text.split("\n"), 1):
        if header.match(line):
            return Where(file, number, line.index(name) + 1)
    return Where(file)


def _group(data: Any, where: Where) -> Any:
    if not isinstance(data, dict):
        return texts(_plain(data), where)
    found = {key: _plain(value) for key, value in data.items()}
    if isinstance(data.get("children"), list):
        found["children"] = {str(child): None for child in data["children"]}
    return _maps(texts(found, where), where)


def _maps(value: Any, where: Where) -> Any:
    if isinstance(value, dict):
        return Map([(key, _maps(item, where)) for key, item in value.items()], where)
    return value


def _plain(value: Any) -> Any:
    """Dates and times as text: an inventory has no others."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, _TIMES) else value
