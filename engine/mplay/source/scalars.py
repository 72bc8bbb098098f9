"""Plain words of YAML 1.1 as values, as Ansible reads them.

``yes no on off`` are booleans, ``0644`` is octal, ``1:30`` is sexagesimal. Dates stay text. A
number that is spelt otherwise than Python would print it remembers its spelling, so that an
argument that wants text gets what was written: ``mode: 0644``, ``version: 1.10``.
"""

from __future__ import annotations

import math

import yaml

from mplay.model.written import WrittenFloat, WrittenInt

_PREFIX = "tag:yaml.org,2002:"
_RESOLVER = yaml.resolver.Resolver()
_MAKER = yaml.constructor.SafeConstructor()
KNOWN = frozenset({"str", "int", "float", "bool", "null", "seq", "map"})
VAULT = frozenset({"!vault", "!vault-encrypted"})
UNSAFE = "!unsafe"


def kind(value: str) -> str:
    """What a plain word is: ``str int float bool null merge`` and others of YAML 1.1."""
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, value, (True, False))  # type: ignore[no-untyped-call]
    return tag.removeprefix(_PREFIX)


def value_of(kind_: str, word: str) -> int | float | bool | None:
    """The value of a word that is no text. ValueError says why there is none."""
    node = yaml.ScalarNode(_PREFIX + kind_, word)
    if kind_ == "null":
        return None
    if kind_ == "bool":
        if word.lower() not in _MAKER.bool_values:
            raise ValueError(f"{word!r} is neither true nor false")
        return bool(_MAKER.construct_yaml_bool(node))
    if kind_ == "int":
        return _integer(node)
    return _fraction(node)


def _integer(node: yaml.ScalarNode) -> int:
    try:
        number = int(_MAKER.construct_yaml_int(node))
        same = str(number) == node.value
    except (ValueError, IndexError) as error:
        raise ValueError("this is not a number that can be used here") from error
    return number if same else WrittenInt(number, node.value)


def _fraction(node: yaml.ScalarNode) -> float:
    try:
        number = float(_MAKER.construct_yaml_float(node))
    except (ValueError, IndexError, OverflowError) as error:
        raise ValueError("this is not a number that can be used here") from error
    if not math.isfinite(number):
        raise ValueError("infinity and not-a-number cannot be used here; put the word in quotes")
    return number if str(number) == node.value else WrittenFloat(number, node.value)


def shown(tag: str) -> str:
    """A tag as people write it: ``!!python/object``."""
    return "!!" + tag.removeprefix(_PREFIX) if tag.startswith(_PREFIX) else tag
