r"""Whether a regular expression could take for ever, told from its tree before it runs.

What is repeated must match in one way only: each part of it whose length varies is followed, round
and round, by something that it cannot match itself. ``(\d{1,3}\.){3}`` is such a repetition,
``(\d+)*`` and ``(a|aa)+`` are not: there are as many ways to cut a text as it has subsets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as reader  # type: ignore[attr-defined]
from typing import Any, TypeAlias

Item: TypeAlias = tuple[Any, Any]
Holds: TypeAlias = Callable[[str], bool]

_REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT)
_WIDTHLESS = (kinds.AT, kinds.ASSERT, kinds.ASSERT_NOT)
_CATEGORIES = {
    kinds.CATEGORY_DIGIT: r"\d",
    kinds.CATEGORY_NOT_DIGIT: r"\D",
    kinds.CATEGORY_SPACE: r"\s",
    kinds.CATEGORY_NOT_SPACE: r"\S",
    kinds.CATEGORY_WORD: r"\w",
    kinds.CATEGORY_NOT_WORD: r"\W",
}
_SAMPLE = "".join(map(chr, range(256))) + "Ωж中٣１\u2003\u2028"


def ambiguous(pattern: str, flags: int) -> bool:
    """Whether something that is repeated matches in several ways. re.error for a wrong pattern."""
    return _risky(reader.parse(pattern, flags), _Characters(pattern))


def _risky(items: Iterable[Item], characters: _Characters) -> bool:
    for kind, value in items:
        if kind in _REPEATS and value[1] > 1 and not _one_way(value[2], characters):
            return True
        if any(_risky(inner, characters) for inner in _inside(kind, value)):
            return True
    return False


def _inside(kind: Any, value: Any) -> Iterator[Iterable[Item]]:
    """The parts of an item that are expressions themselves."""
    if kind in _REPEATS:
        yield value[2]
    elif kind is kinds.SUBPATTERN:
        yield value[3]
    elif kind is kinds.ATOMIC_GROUP:
        yield value
    elif kind is kinds.BRANCH:
        yield from value[1]
    elif kind in {kinds.ASSERT, kinds.ASSERT_NOT}:
        yield value[1]
    elif kind is kinds.GROUPREF_EXISTS:
        yield from filter(None, value[1:])


def _one_way(body: Iterable[Item], characters: _Characters) -> bool:
    items = list(_flat(body))
    for place, (kind, value) in enumerate(items):
        following = items[(place + 1) % len(items)]
        if kind is kinds.BRANCH:
            if not _distinct(value[1], characters):
                return False
        elif kind in _REPEATS and value[0] != value[1]:
            if not characters.apart((kind, value), following):
                return False
        elif kind not in _REPEATS and characters.of((kind, value)) is None:
            return False
    return True


def _flat(body: Iterable[Item]) -> Iterator[Item]:
    """The items of an expression, groups put in, without those that match nothing."""
    for kind, value in body:
        if kind is kinds.SUBPATTERN:
            yield from _flat(value[3])
        elif kind not in _WIDTHLESS:
            yield kind, value


def _distinct(branches: Iterable[Iterable[Item]], characters: _Characters) -> bool:
    """Whether the first character of a text tells which branch it takes."""
    firsts: list[Item] = []
    for branch in branches:
        items = list(_flat(branch))
        if not items or any(characters.of(item) is None for item in items):
            return False
        if not all(characters.apart(items[0], first) for first in firsts):
            return False
        firsts.append(items[0])
    return True


class _Characters:
    """Which characters an item matches, tried on a sample: Latin, some others, the pattern's."""

    def __init__(self, pattern: str) -> None:
        self._sample = "".join(dict.fromkeys(f"{_SAMPLE}{pattern}{pattern.swapcase()}"))

    def apart(self, one: Item, other: Item) -> bool:
        """Whether no character is matched by both; false where that cannot be told."""
        first, second = self._repeated(one, least=0), self._repeated(other, least=1)
        if first is None or second is None:
            return False
        return not any(first(c) and second(c) for c in self._sample)

    def _repeated(self, item: Item, least: int) -> Holds | None:
        kind, value = item
        if kind not in _REPEATS:
            return self.of(item)
        inner = list(_flat(value[2]))
        return self.of(inner[0]) if value[0] >= least and len(inner) == 1 else None

    def of(self, item: Item) -> Holds | None:
        """What tells whether a character is matched; None for what is not one character."""
        kind, value = item
        if kind is kinds.LITERAL:
            return lambda c: ord(c) == value or ord(c.swapcase()[0]) == value
        if kind is kinds.NOT_LITERAL:
            return lambda c: ord(c) != value
        if kind is kinds.ANY:
            return lambda _: True
        if kind is kinds.IN:
            return self._set(value)
        return None

    def _set(self, members: list[Item]) -> Holds:
        negated = bool(members) and members[0][0] is kinds.NEGATE
        tests = [_member(*one) for one in members[negated:]]
        return lambda c: any(holds(c) for holds in tests) != negated


def _member(kind: Any, value: Any) -> Holds:
    if kind is kinds.RANGE:
        return lambda c: any(value[0] <= ord(one[0]) <= value[1] for one in (c, c.swapcase()))
    if kind is kinds.CATEGORY:
        found = re.compile(_CATEGORIES[value])
        return lambda c: found.match(c) is not None
    return lambda c: ord(c) == value or ord(c.swapcase()[0]) == value
