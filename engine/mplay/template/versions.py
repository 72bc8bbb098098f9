"""Versions compared as Ansible's test `version` compares them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

_LOOSE = re.compile(r"\d+|[a-z]+|\.|[^\da-z.]+")
_STRICT = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?")
_PART = r"(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_SEMANTIC = re.compile(
    rf"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-({_PART}(?:\.{_PART})*))?"
    r"(?:\+[0-9a-zA-Z.-]+)?"
)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("==", "=", "eq"), operator.eq),
    **dict.fromkeys(("!=", "<>", "ne"), operator.ne),
    **dict.fromkeys(("<", "lt"), operator.lt),
    **dict.fromkeys(("<=", "le"), operator.le),
    **dict.fromkeys((">", "gt"), operator.gt),
    **dict.fromkeys((">=", "ge"), operator.ge),
}


def compare(
    value: Any,
    version: Any,
    operator: str = "eq",
    strict: bool | None = None,
    version_type: str | None = None,
) -> bool:
    """Whether a version stands to another as `operator` (``>=``, ``ge``…) says."""
    if strict is not None and version_type is not None:
        raise ValueError("`strict` and `version_type` cannot both be given")
    kind = version_type or ("strict" if strict else "loose")
    if kind not in _KINDS:
        raise ValueError(f"version_type is one of {', '.join(_KINDS)}, not '{kind}'")
    if operator not in _OPERATORS:
        raise ValueError(f"'{operator}' is no operator; there are {', '.join(_OPERATORS)}")
    if value in (None, "") or version in (None, ""):
        raise ValueError("a version is empty")
    try:
        return _OPERATORS[operator](_KINDS[kind](str(value)), _KINDS[kind](str(version)))
    except TypeError as error:
        what = f"'{value}' and '{version}' cannot be compared: a number meets a word"
        raise ValueError(what) from error


def _loose(version: str) -> list[int | str]:
    """Numbers and words in order; a number meets only a number."""
    parts = [part for part in _LOOSE.findall(version) if part != "."]
    return [int(part) if part.isdigit() else part for part in parts]


def _strict(version: str) -> tuple[Any, ...]:
    found = _STRICT.fullmatch(version)
    if found is None:
        raise ValueError(f"'{version}' is no strict version such as 1.2 or 1.2.3b4")
    numbers = tuple(int(part or 0) for part in found.groups()[:3])
    return (*numbers, (0, found[4], int(found[5])) if found[4] else (1,))


def _semantic(version: str) -> tuple[Any, ...]:
    """By semver.org: a pre-release comes before its release; numbers before words."""
    found = _SEMANTIC.fullmatch(version)
    if found is None:
        raise ValueError(f"'{version}' is no semantic version such as 1.2.3 or 1.2.3-rc.1")
    numbers = tuple(int(part) for part in found.groups()[:3])
    if found[4] is None:
        return (*numbers, (1,))
    parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in found[4].split("."))
    return (*numbers, (0, parts))


_KINDS: dict[str, Callable[[str], Any]] = {
    "loose": _loose,
    "strict": _strict,
    "semver": _semantic,
    "semantic": _semantic,
}
