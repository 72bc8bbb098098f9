"""Variables of ``-e``: ``key=value`` words, JSON or YAML text, ``@FILE``; they always win."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text
from mplay.source import Map, load
from mplay.source.vault import Vault
from mplay.source.words import pairs
from mplay.spec.problems import Problems
from mplay.spec.record import check_variables

_FORMS = "Write -e key=value, -e '{\"key\": 1}' or -e @file.yml."


def extra_vars(given: Sequence[str], vault: Vault | None = None) -> dict[str, Any]:
    """All of them, a later one winning. UsageError says which one is wrong.

    `vault` opens a file that is encrypted as a whole.
    """
    merged: dict[str, Any] = {}
    problems = Problems()
    for number, text in enumerate(given, 1):
        found = _one(text, f"-e ({number})", vault)
        # Where a host is may be said here too, as in an inventory.
        checked = {name: value for name, value in found.items() if name != "ansible_host"}
        check_variables(checked, "-e", problems)
        merged |= found
    problems.check()
    return merged


def _one(text: str, name: str, vault: Vault | None) -> Mapping[str, Any]:
    if text.startswith("@"):
        return _file(text[1:], name, vault)
    if text.startswith(("{", "[")):
        return _inline(text, name)
    if text.startswith(("/", ".")):
        raise UsageError(f"'{text[:60]}' is no variable", where=name, hint=f"A file is -e @{text}")
    return _words(text, name)


def _file(written: str, name: str, vault: Vault | None) -> Mapping[str, Any]:
    if not written:
        raise UsageError("names no file", where=name, hint="Write -e @file.yml.")
    try:
        path = Path(written).expanduser()
        return _mapping(load(path.read_bytes(), str(path), vault), str(path))
    except (OSError, RuntimeError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot be read: {said.lower()}", where=written) from error


def _inline(text: str, name: str) -> Mapping[str, Any]:
    """JSON where it is JSON (its ``1e3`` is a number), else YAML."""
    try:
        return _mapping(_located(json.loads(text, object_pairs_hook=_once), Where(name)), name)
    except (ValueError, RecursionError):
        return _mapping(load(text.encode("utf-8", "surrogateescape"), name), name)


def _once(found: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(found)) < len(found):
        raise ValueError("the YAML reader says which key is given twice, and where")
    return dict(found)


def _located(value: Any, where: Where) -> Any:
    if isinstance(value, str):
        return Text(value, where)
    if isinstance(value, dict):
        return Map(((Text(k, where), _located(v, where)) for k, v in value.items()), where=where)
    if isinstance(value, list):
        return [_located(item, where) for item in value]
    return value


def _mapping(found: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(found, Map):
        raise UsageError("is no mapping of variables", where=name, hint="Write key: value.")
    return cast("Mapping[str, Any]", found)


def _words(text: str, name: str) -> dict[str, Any]:
    try:
        found = pairs(text)
    except ValueError as error:
        raise UsageError(str(error), where=name) from error
    where = Where(name)
    for key, value in found:
        if value is None:
            raise UsageError(f"'{key[:60]}' is no variable", where=name, hint=_FORMS)
    return {Text(key, where): Text(value or "", where) for key, value in found}
