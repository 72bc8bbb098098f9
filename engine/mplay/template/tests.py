"""The tests that templates may use (``x is defined``): Jinja2's, and Ansible's about results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from jinja2.tests import TESTS

from mplay.template.filters import pattern

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
        status = result["status"] if isinstance(result, Mapping) else result.status
        return str(status) == word

    return told


def _matches(value: Any, expression: Any, **flags: bool) -> bool:
    return pattern(expression, **flags).match(str(value)) is not None


def _contains(value: Any, expression: Any, **flags: bool) -> bool:
    return pattern(expression, **flags).search(str(value)) is not None


_OWN: dict[str, Callable[..., Any]] = {
    "changed": _flag("changed"),
    "contains": lambda value, item: item in value,
    "failed": _flag("failed"),
    "match": _matches,
    "regex": _contains,
    "search": _contains,
    "skipped": _status("skipped"),
    "succeeded": lambda result: not _flag("failed")(result),
    "success": lambda result: not _flag("failed")(result),
    "subset": lambda value, other: all(item in other for item in value),
    "superset": lambda value, other: all(item in value for item in other),
}
