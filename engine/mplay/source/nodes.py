"""Mappings and lists that remember their places, and how to ask them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mplay.model.errors import Where
from mplay.model.playbook import Text, Value


class Map(dict[Text, Value]):
    """A mapping of a file; `where` is its place, `places` those of its values by key."""

    __slots__ = ("places", "where")

    def __init__(
        self,
        items: Iterable[tuple[Text, Value]] = (),
        where: Where = Where("<text>"),  # noqa: B008
    ) -> None:
        super().__init__(items)
        self.where = where
        self.places: dict[str, Where] = {}


class Seq(list[Value]):
    """A list of a file; `where` is its place, `places` those of its items."""

    __slots__ = ("places", "where")

    def __init__(
        self,
        items: Iterable[Value] = (),
        where: Where = Where("<text>"),  # noqa: B008
    ) -> None:
        super().__init__(items)
        self.where = where
        self.places: list[Where] = []


def place(value: Value, fallback: Where, *path: str | int) -> Where:
    """Where `value`, or what `path` leads to inside it, was written; else the nearest known."""
    where: Where = getattr(value, "where", fallback)
    for step in path:
        try:
            where, value = _inside(value, step, where)
        except (LookupError, TypeError):
            return where
    return where


def _inside(value: Any, step: str | int, where: Where) -> tuple[Where, Any]:
    found = value[step]
    if isinstance(value, Map):
        where = value.places.get(str(step), where)
    elif isinstance(value, Seq) and isinstance(step, int):
        where = value.places[step]
    return getattr(found, "where", where), found


def key_place(mapping: Value, key: str, fallback: Where) -> Where:
    """Where a key of a mapping was written; else the mapping's own place."""
    for own in mapping:
        if own == key and isinstance(own, Text):
            return own.where
    return place(mapping, fallback)


def texts(value: Value, where: Where) -> Value:
    """Data in which every string is a `Text` at `where`: for values of files in other formats.

    Use it for what a person wrote (INI, JSON, the command line), never for what a host said.
    """
    if isinstance(value, Text):
        return value
    if isinstance(value, str):
        return Text(value, where)
    if isinstance(value, dict):
        return {Text(str(key), where): texts(item, where) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [texts(item, where) for item in value]
    return value
