"""Variables of ``-e``: ``key=value`` words, JSON or YAML text, ``@FILE``; they always win."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text
from mplay.source import Map, load
from mplay.spec.problems import Problems
from mplay.spec.record import check_variables


def extra_vars(given: Sequence[str]) -> dict[str, Any]:
    """All of them, a later one winning. UsageError says which one is wrong."""
    merged: dict[str, Any] = {}
    problems = Problems()
    for number, text in enumerate(given, 1):
        found = _one(text, f"-e ({number})")
        # Where a host is may be said here too, as in an inventory.
        checked = {name: value for name, value in found.items() if name != "ansible_host"}
        check_variables(checked, "-e", problems)
        merged |= found
    problems.check()
    return merged


def _one(text: str, name: str) -> Mapping[str, Any]:
    if text.startswith("@"):
        path = Path(text[1:])
        try:
            return _mapping(path.read_bytes(), str(path))
        except OSError as error:
            raise UsageError(
                f"cannot be read: {(error.strerror or str(error)).lower()}", where=str(path)
            ) from error
    if text.lstrip().startswith(("{", "[")):
        return _mapping(text.encode(), name)
    return _words(text, name)


def _mapping(raw: bytes, name: str) -> Mapping[str, Any]:
    found = load(raw, name)
    if not isinstance(found, Map):
        raise UsageError("is no mapping of variables", where=name, hint="Write key: value.")
    return cast("Mapping[str, Any]", found)


def _words(text: str, name: str) -> dict[str, Any]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError("a quote is not closed", where=name) from error
    found: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(
                f"'{word[:60]}' is no variable",
                where=name,
                hint="Write -e key=value, -e '{\"key\": 1}' or -e @file.yml.",
            )
        found[Text(key, Where(name))] = Text(value, Where(name))
    return found
