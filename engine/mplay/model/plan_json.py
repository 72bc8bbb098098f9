"""A plan as JSON and back, whole: resume and rollback read it from the journal alone.

Dataclasses are objects that leave out what is at its default. A place is ``[file, line,
column]``, the file as its number in ``files``. In values (arguments, variables) an object is a
mapping and every array begins with a letter that says what it is: ``l`` list, ``u`` tuple, ``m``
mapping whose keys have places, ``t`` and ``f`` texts with their place, ``n`` a number with its
spelling, ``s`` a sealed value, whose envelope is a number in ``files``.
``tests/unit/planner/test_plan_json.py`` holds the round trip.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from mplay.model.errors import Where
from mplay.model.plan import Plan
from mplay.model.playbook import Block, Step, Text
from mplay.model.sealed import Sealed
from mplay.model.written import FoldedText, WrittenFloat, WrittenInt

FORMAT = 1


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """Plain data of a plan."""
    writer = _Writer()
    written = writer.record(plan)
    return {"format": FORMAT, "files": list(writer.files), "plan": written}


def plan_from_json(data: Mapping[str, Any]) -> Plan:
    """The plan of plain data. ValueError when it is of another format."""
    if data.get("format") != FORMAT:
        raise ValueError(f"a plan of format {data.get('format')!r} cannot be read")
    plan = _Reader(tuple(data["files"])).record(Plan, data["plan"])
    if not isinstance(plan, Plan):
        raise TypeError("the data is no plan")
    return plan


def values_as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain data of a mapping of values, such as a host's variables."""
    writer = _Writer()
    written = writer.value(values)
    return {"format": FORMAT, "files": list(writer.files), "values": written}


def values_from_json(data: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping of plain data. ValueError when it is of another format."""
    if data.get("format") != FORMAT:
        raise ValueError(f"values of format {data.get('format')!r} cannot be read")
    return dict(_Reader(tuple(data["files"])).value(data["values"]))


class _Writer:
    def __init__(self) -> None:
        self.files: dict[str, int] = {}

    def record(self, value: Any) -> dict[str, Any]:
        """A dataclass, without the fields that are at their defaults."""
        written = {}
        hints = _hints(value.__class__)
        for one in fields(value):
            own, default = getattr(value, one.name), _default(one)
            if type(own) is not type(default) or own != default:
                written[one.name] = self.typed(own, hints[one.name])
        return written

    def typed(self, value: Any, hint: Any) -> Any:
        """A value of a field, whose type says how it is read."""
        members = _members(hint)
        if Any in members or isinstance(value, Text | Sealed):
            return self.value(value)
        if isinstance(value, Where):
            return self._where(value)
        if isinstance(value, Enum):
            return value.value
        if is_dataclass(value):
            return self.record(value)
        return self._collection(value, members)

    def _collection(self, value: Any, members: tuple[Any, ...]) -> Any:
        if isinstance(value, tuple):
            item = get_args(_of_origin(members, tuple))[0]
            return [self.typed(one, item) for one in value]
        if isinstance(value, Mapping):
            item = get_args(_of_origin(members, Mapping))[1]
            return self._mapping(value, lambda one: self.typed(one, item))
        return value

    def value(self, value: Any) -> Any:
        """A value of the playbook: JSON-like data with texts in it."""
        if isinstance(value, Text):
            letter = "f" if isinstance(value, FoldedText) else "t"
            return [letter, str(value), *self._where(value.where)]
        if isinstance(value, WrittenInt | WrittenFloat):
            return ["n", value + 0, value.written]
        if isinstance(value, Sealed):
            envelope = self.files.setdefault(value.envelope, len(self.files))
            return ["s", envelope, list(value.path), *self._where(value.where)]
        if isinstance(value, Mapping):
            return self._mapping(value, self.value)
        if isinstance(value, list | tuple):
            letter = "l" if isinstance(value, list) else "u"
            return [letter, *(self.value(one) for one in value)]
        return value

    def _mapping(self, value: Mapping[Any, Any], item: Callable[[Any], Any]) -> Any:
        if all(type(key) is str for key in value):
            return {key: item(one) for key, one in value.items()}
        return ["m", *([self.value(key), item(one)] for key, one in value.items())]

    def _where(self, where: Where) -> list[Any]:
        number = self.files.setdefault(where.file, len(self.files))
        return [number, where.line, where.column]


class _Reader:
    def __init__(self, files: tuple[str, ...]) -> None:
        self._files = files

    def record(self, kind: type, data: Mapping[str, Any]) -> Any:
        hints = _hints(kind)
        return kind(**{name: self.typed(one, hints[name]) for name, one in data.items()})

    def typed(self, data: Any, hint: Any) -> Any:
        kind = _kind_of_data(hint, data)
        if kind is Any:
            return self.value(data)
        if kind is Where:
            return self._where(data)
        if kind is Text:
            return self._array(data)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return kind(data)
        if isinstance(kind, type) and is_dataclass(kind):
            return self.record(kind, data)
        return self._collection(data, kind)

    def _collection(self, data: Any, kind: Any) -> Any:
        if not isinstance(data, list | Mapping):
            return data
        if get_origin(kind) is tuple:
            item = get_args(kind)[0]
            return tuple(self.typed(one, item) for one in data)
        if get_origin(kind) is Mapping:
            item = get_args(kind)[1]
            return self._mapping(data, lambda one: self.typed(one, item))
        return data

    def value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            return self._mapping(data, self.value)
        return self._array(data) if isinstance(data, list) else data

    def _array(self, data: list[Any]) -> Any:
        letter, rest = data[0], data[1:]
        if letter in {"t", "f"}:
            return self._text(rest[0], rest[1:], folded=letter == "f")
        if letter == "s":
            envelope, path, *place = rest
            return Sealed(
                envelope=self._files[envelope], path=tuple(path), where=self._where(place)
            )
        if letter == "n":
            kind = WrittenInt if isinstance(rest[0], int) else WrittenFloat
            return kind(*rest)
        if letter == "m":
            return self._mapping(data, self.value)
        items = [self.value(one) for one in rest]
        return items if letter == "l" else tuple(items)

    def _mapping(self, data: Any, item: Callable[[Any], Any]) -> dict[Any, Any]:
        if isinstance(data, Mapping):
            return {key: item(one) for key, one in data.items()}
        return {self.value(key): item(one) for key, one in data[1:]}

    def _text(self, text: str, place: list[int], *, folded: bool) -> Text:
        return (FoldedText if folded else Text)(text, self._where(place))

    def _where(self, place: list[int]) -> Where:
        number, line, column = place
        return Where(self._files[number], line, column)


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return get_type_hints(kind)


def _default(one: Field[Any]) -> Any:
    if one.default is not MISSING:
        return one.default
    return one.default_factory() if one.default_factory is not MISSING else MISSING


def _members(hint: Any) -> tuple[Any, ...]:
    """The types that a hint allows, None left out."""
    if get_origin(hint) in {Union, types.UnionType}:
        return tuple(one for one in get_args(hint) if one is not type(None))
    return (hint,)


def _of_origin(members: tuple[Any, ...], origin: type) -> Any:
    return next(one for one in members if get_origin(one) is origin)


def _kind_of_data(hint: Any, data: Any) -> Any:
    """The member of a hint that the data was written from."""
    members = _members(hint)
    if data is None or Any in members:
        return Any
    if Step in members and Block in members:
        return Block if "steps" in data else Step
    if isinstance(data, list) and data[:1] in (["t"], ["f"]) and _is_text(members):
        return Text
    named = [one for one in members if isinstance(one, type) and isinstance(data, one)]
    return next(iter([*named, *members]))


def _is_text(members: tuple[Any, ...]) -> bool:
    return any(isinstance(one, type) and issubclass(one, str) for one in members)
