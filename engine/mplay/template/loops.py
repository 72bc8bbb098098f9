"""The lookups that only compute: what Ansible's ``with_…`` loops are made of."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any

from mplay.source.words import pairs
from mplay.template import budget as bounds
from mplay.template.filters.collections import dict2items, flatten, product, subelements

_SIMPLE = re.compile(r"(?:([0-9]+)-)?([0-9]+)(?:/([0-9]+))?(?::(.+))?")


def pairs_of(terms: list[Any]) -> list[Any]:
    """Mappings as a list of ``{key, value}``."""
    return [item for term in terms for item in dict2items(term)]


def numbered(terms: list[Any]) -> list[Any]:
    """Each item with its number, from 0."""
    return list(enumerate(put_in(terms)))


def put_in(terms: list[Any]) -> list[Any]:
    """What it is given, its lists put in."""
    return flatten(terms, levels=1, skip_nulls=False)


def as_given(terms: list[Any]) -> list[Any]:
    """What it is given."""
    return terms


def nested(terms: list[Any]) -> list[Any]:
    """Each item of the first list with each of the others."""
    return [put_in(list(row)) for row in product(*map(_listed, terms))]


def together(terms: list[Any]) -> list[Any]:
    """The first items of all lists, the second ones, until the longest ends."""
    return [put_in(list(row)) for row in itertools.zip_longest(*map(_listed, terms))]


def elements(terms: list[Any]) -> list[Any]:
    """Each mapping with each item of a list inside it."""
    if not 2 <= len(terms) <= 3:
        raise ValueError("subelements takes a list, a key and perhaps {'skip_missing': true}")
    flags = terms[2] if len(terms) == 3 else {}
    path = str(terms[1]).split(".")
    found = subelements(terms[0], path, bool(flags.get("skip_missing")))
    return [(_without(one, path), item) for one, item in found]


def _without(element: Mapping[str, Any], path: list[str]) -> dict[str, Any]:
    """The mapping without what a path leads to, as Ansible hands it out."""
    first, rest = path[0], path[1:]
    if not rest:
        return {key: value for key, value in element.items() if key != first}
    return {**element, first: _without(element[first], rest)}


def sequence(terms: list[Any], **options: Any) -> list[str]:
    """Numbers as texts: ``'1-5'``, ``'start=0 end=32 stride=8 format=web%02d'``."""
    return [text for term in terms or [""] for text in _sequence(str(term), options)]


def _sequence(term: str, options: Mapping[str, Any]) -> list[str]:
    given = {**options, **_given(term)}
    if strangers := set(given) - {"start", "end", "stride", "count", "format"}:
        raise ValueError(f"a sequence has no '{sorted(strangers)[0]}'")
    if ("count" in given) == ("end" in given):
        raise ValueError("a sequence has a count or an end")
    start, stride = _number(given.get("start", 1)), _number(given.get("stride", 1))
    count = _number(given.get("count", 1))
    if stride == 0 or count == 0:
        return []
    end = _number(given["end"]) if "end" in given else start + count * stride - 1
    if (end - start) * stride < 0:
        raise ValueError("a sequence that counts backwards has a negative stride, and no other")
    shape = str(given.get("format", "%d"))
    bounds.check_format(shape)
    if shape.count("%") != 1:
        raise ValueError(f"the format '{shape}' must hold one %")
    return [shape % n for n in bounds.bounded_range(start, end + (1 if stride > 0 else -1), stride)]


def _given(term: str) -> dict[str, str]:
    found = _SIMPLE.fullmatch(term)
    if found is None:
        return {name: value for name, value in pairs(term) if value is not None}
    named = zip(("start", "end", "stride", "format"), found.groups(), strict=True)
    return {name: value for name, value in named if value is not None}


def _number(written: Any) -> int:
    try:
        return int(written)
    except (TypeError, ValueError) as error:
        raise ValueError(f"a sequence counts in whole numbers, and '{written}' is none") from error


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


LOOPS: dict[str, Callable[..., list[Any]]] = {
    "dict": pairs_of,
    "indexed_items": numbered,
    "items": put_in,
    "list": as_given,
    "nested": nested,
    "sequence": sequence,
    "subelements": elements,
    "together": together,
}
