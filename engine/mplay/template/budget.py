"""How much one rendering may do: bounds on work, on the size of a value, on numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MAX_CHARACTERS = 4 * 1024 * 1024
MAX_VALUES = 500_000
MAX_WORK = 50_000_000
MAX_RANGE = 100_000
MAX_BITS = 4096
MAX_WIDTH = 10_000
PASS_COST = 25
CALL_COST = 200
_CHARACTERS_PER_UNIT = 8
_WIDTH = re.compile(r"[-#0 +.*\dlhL]*")
_DIGITS = re.compile(r"\d+")


class TooMuch(Exception):
    """An expression asks for more than its budget; the text says for what."""


class Budget:
    """What is left for one rendering."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MAX_WORK

    def spend(self, units: int) -> None:
        """Take from what is left; TooMuch when nothing is."""
        self._left -= units
        if self._left < 0:
            raise TooMuch("the expression does too much work")

    def weigh(self, value: Any) -> Any:
        """Give `value` back if its size, aliases put in, is within bounds; TooMuch otherwise."""
        values, characters = measure(value)
        self.spend(values + characters // _CHARACTERS_PER_UNIT)
        return value


def measure(value: Any) -> tuple[int, int]:
    """How many values and characters a value stands for; TooMuch once it is out of bounds."""
    if isinstance(value, str):
        return 1, check_length(len(value))
    values = characters = 0
    stack = [value]
    while stack:
        item = stack.pop()
        values += 1
        if isinstance(item, str):
            characters = check_length(characters + len(item))
        elif isinstance(item, dict):
            stack.extend(item)
            stack.extend(item.values())
        elif isinstance(item, list | tuple | set | frozenset):
            stack.extend(item)
        elif isinstance(item, range):
            values += len(item)
        if values + len(stack) > MAX_VALUES:
            raise TooMuch(f"a value would hold more than {MAX_VALUES} values")
    return values, characters


def check_length(characters: int) -> int:
    """The number itself; TooMuch when no text may be that long."""
    if characters > MAX_CHARACTERS:
        raise TooMuch(f"a text would be longer than {MAX_CHARACTERS} characters")
    return characters


def check_operator(operator: str, left: Any, right: Any) -> None:
    """TooMuch when an operator's result would be out of bounds, before it is computed."""
    if operator == "*":
        _check_product(left, right)
    elif operator == "**":
        _check_power(left, right)
    elif operator == "+" and _sized(left) and _sized(right):
        _check_length(left, len(left) + len(right))
    elif operator == "%" and isinstance(left, str):
        check_format(left)


def _sized(value: Any) -> bool:
    return isinstance(value, str | list | tuple)


def _check_length(kind: Any, length: int) -> None:
    limit = MAX_CHARACTERS if isinstance(kind, str) else MAX_VALUES
    if length > limit:
        raise TooMuch(f"a value would be {length} long; at most {limit} are allowed")


def _check_product(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > MAX_BITS:
            raise TooMuch("a number would be too large")
        return
    series, times = (left, right) if _sized(left) else (right, left)
    if _sized(series) and isinstance(times, int):
        _check_length(series, len(series) * max(times, 0))


def _check_power(left: Any, right: Any) -> None:
    if (
        isinstance(left, int)
        and isinstance(right, int)
        and (left.bit_length() * abs(right) > MAX_BITS)
    ):
        raise TooMuch("a number would be too large")


def check_format(pattern: str) -> None:
    """TooMuch when a ``%`` pattern asks for a wide field, or leaves the width to a value."""
    at = pattern.find("%")
    while at >= 0:
        end = _after_key(pattern, at + 1)
        width = _WIDTH.match(pattern, end)
        if width and ("*" in width[0] or any(len(n) > 3 for n in _DIGITS.findall(width[0]))):
            raise TooMuch("a width in a % pattern must be a number of at most 3 digits")
        at = pattern.find("%", max(end, at + 2))


def _after_key(pattern: str, at: int) -> int:
    """The place after ``(key)``, whose parentheses may be nested."""
    depth = 0
    for index in range(at, len(pattern)):
        depth += {"(": 1, ")": -1}.get(pattern[index], 0)
        if depth == 0:
            return index + 1 if pattern[index] == ")" and index > at else at
    return at


def check_width(*numbers: Any) -> None:
    """TooMuch when one of the numbers is no sensible width."""
    for number in numbers:
        if isinstance(number, int) and abs(number) > MAX_WIDTH:
            raise TooMuch(f"a width may be at most {MAX_WIDTH}")


def check_replace(text: str, old: str, new: str) -> None:
    """TooMuch when replacing makes a text too long."""
    times = text.count(old) if old else len(text) + 1
    check_length(len(text) + times * max(len(new) - len(old), 0))


def bounded_range(*bounds: int) -> range:
    """Python's range, bounded."""
    numbers = range(*bounds)
    try:
        length = len(numbers)
    except OverflowError as error:
        raise TooMuch(f"range() may hold at most {MAX_RANGE} numbers") from error
    if length > MAX_RANGE:
        raise TooMuch(f"range() may hold at most {MAX_RANGE} numbers")
    return numbers


def joined(parts: list[Any]) -> str:
    """The parts as one text; None is nothing. TooMuch before it becomes too long."""
    texts: list[str] = []
    length = 0
    for part in parts:
        if isinstance(part, Mapping | list | tuple):
            measure(part)
        text = "" if part is None else str(part)
        length = check_length(length + len(text))
        texts.append(text)
    return "".join(texts)
