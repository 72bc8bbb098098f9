"""The forms of plain values: durations, counts, percentages, ids. ValueError says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable

from mplay.model.playbook import Value

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?\Z")
_DIGITS = re.compile(r"[0-9]{1,6}\Z")
_PERCENT = re.compile(r"(\d{1,3})\s*%\Z")
_SECONDS = (86400, 3600, 60, 1)
_LONGEST = 366 * 86400


def duration(value: Value) -> float:
    """Seconds: a number, or a text such as ``90s 3m 1h30m 7d``."""
    seconds = _seconds(value)
    if seconds is None:
        raise ValueError("is a time such as 90s, 3m, 1h30m or 7d, or a number of seconds")
    if not 0 <= seconds <= _LONGEST:
        raise ValueError("is a time of at most 366 days")
    return seconds


def _seconds(value: Value) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _as_written(value)
    if not isinstance(value, str) or not value:
        return None
    if value.isascii() and value.isdigit() and len(value) < 12:
        return float(value)
    found = _DURATION.match(value)
    if not found or not any(found.groups()) or len(value) > 40:
        return None
    return float(sum(int(n or 0) * s for n, s in zip(found.groups(), _SECONDS, strict=True)))


def _as_written(number: float) -> float | None:
    """A number of seconds; ``1:30``, which YAML reads as 90, is not taken for one."""
    return None if ":" in str(getattr(number, "written", "")) else float(number)


def positive_duration(value: Value) -> float:
    """Seconds, more than none."""
    seconds = duration(value)
    if seconds == 0:
        raise ValueError("is more than no time")
    return seconds


def share(value: Value, least: int) -> int | str:
    """A number of hosts, or a percentage of them (``"25%"``)."""
    wanted = f"is a number of hosts from {least}, or a percentage such as 25%"
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= 1_000_000:
        return int(value)
    if isinstance(value, str):
        if value.isascii() and value.isdigit() and len(value) < 7 and int(value) >= least:
            return int(value)
        found = _PERCENT.match(value)
        if found and least <= int(found[1]) <= 100:
            return f"{int(found[1])}%"
    raise ValueError(wanted)


def whole(least: int, most: int) -> Callable[[Value], int]:
    """A form of whole numbers within bounds."""

    def form(value: Value) -> int:
        number = int(value) if isinstance(value, str) and _DIGITS.match(value) else value
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            raise ValueError(f"is a whole number from {least} to {most}")
        return int(number)

    return form


def identifier(value: Value) -> str:
    """An id: what paths are made of."""
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, str | int) or not _ID.match(text):
        raise ValueError("is made of letters, digits, _ and - (at most 64 of them)")
    return text


def variable(value: str) -> str:
    """A variable's name."""
    if not _NAME.match(value):
        raise ValueError("is made of letters, digits and _, and does not begin with a digit")
    return str(value)


def slug(name: str) -> str:
    """An id made of a name."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40].strip("_")
