"""The tests that templates may use (``x is defined``): Jinja2's, and Ansible's."""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from jinja2.tests import TESTS

from mplay.template.filters.regex import pattern
from mplay.template.filters.texts import to_bool
from mplay.template.versions import compare

_NOT_OURS = frozenset({"escaped", "filter", "test"})


def table() -> dict[str, Callable[..., Any]]:
    """All tests by name."""
    found = cast("dict[str, Callable[..., Any]]", TESTS)
    return {name: test for name, test in found.items() if name not in _NOT_OURS} | _OWN


def _flag(name: str) -> Callable[[Any], bool]:
    def told(result: Any) -> bool:
        if isinstance(result, Mapping):
            return bool(result[name])
        return bool(getattr(result, name))

    return told


def _status(word: str) -> Callable[[Any], bool]:
    def told(result: Any) -> bool:
        if isinstance(result, Mapping) and "status" not in result:
            return bool(result.get(word))
        status = result["status"] if isinstance(result, Mapping) else result.status
        return str(status) == word

    return told


def _not(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda result: not test(result)


_SEARCHES: dict[str, Callable[[re.Pattern[str], str], object]] = {
    "search": re.Pattern.search,
    "match": re.Pattern.match,
    "fullmatch": re.Pattern.fullmatch,
}


def _regex(
    value: Any,
    pattern_: Any = "",
    ignorecase: bool = False,
    multiline: bool = False,
    match_type: str = "search",
) -> bool:
    if match_type not in _SEARCHES:
        raise ValueError(f"match_type is one of {', '.join(_SEARCHES)}")
    compiled = pattern(pattern_, ignorecase=ignorecase, multiline=multiline)
    return _SEARCHES[match_type](compiled, str(value)) is not None


def _match(
    value: Any, pattern: Any = "", ignorecase: bool = False, multiline: bool = False
) -> bool:
    return _regex(value, pattern, ignorecase, multiline, "match")


def _search(
    value: Any, pattern: Any = "", ignorecase: bool = False, multiline: bool = False
) -> bool:
    return _regex(value, pattern, ignorecase, multiline)


def _truthy(value: Any, convert_bool: bool = False) -> bool:
    if convert_bool and isinstance(value, str | int):
        try:
            return to_bool(value)
        except ValueError:
            return bool(value)
    return bool(value)


def _nan(value: Any) -> bool:
    return isinstance(value, int | float) and math.isnan(value)


def _uri(value: Any, schemes: Iterable[str] | None = None) -> bool:
    try:
        return not schemes or urlsplit(str(value)).scheme in list(schemes)
    except ValueError:
        return False


def _url(value: Any, schemes: Iterable[str] | None = None) -> bool:
    if not _uri(value, schemes):
        return False
    parts = urlsplit(str(value))
    return bool(parts.netloc or parts.scheme == "file")


def _subset(value: Iterable[Any], other: Iterable[Any]) -> bool:
    there = list(other)
    return all(item in there for item in value)


def _superset(value: Iterable[Any], other: Iterable[Any]) -> bool:
    return _subset(other, value)


_FAILED, _UNREACHABLE = _flag("failed"), _status("unreachable")

_OWN: dict[str, Callable[..., Any]] = {
    "abs": lambda value: posixpath.isabs(str(value)),
    "all": lambda value: all(value),
    "any": lambda value: any(value),
    "change": _flag("changed"),
    "changed": _flag("changed"),
    "contains": lambda value, item: item in value,
    "failed": _FAILED,
    "failure": _FAILED,
    "falsy": lambda value, convert_bool=False: not _truthy(value, convert_bool),
    "is_abs": lambda value: posixpath.isabs(str(value)),
    "isnan": _nan,
    "issubset": _subset,
    "issuperset": _superset,
    "match": _match,
    "nan": _nan,
    "reachable": _not(_UNREACHABLE),
    "regex": _regex,
    "search": _search,
    "skip": _status("skipped"),
    "skipped": _status("skipped"),
    "subset": _subset,
    "succeeded": _not(_FAILED),
    "success": _not(_FAILED),
    "successful": _not(_FAILED),
    "superset": _superset,
    "truthy": _truthy,
    "unreachable": _UNREACHABLE,
    "uri": _uri,
    "url": _url,
    "urn": lambda value: _uri(value, ["urn"]),
    "version": compare,
    "version_compare": compare,
}
