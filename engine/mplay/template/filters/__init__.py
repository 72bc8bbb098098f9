"""The filters that templates may use: those of Jinja2 that only compute, and Ansible's.

A filter computes from what it is given and nothing else, so that a dry-run, the apply after it and
a resume come to the same. Each module of this package holds one kind in its table `FILTERS`;
`LIMITS` says what must hold of the arguments of those that make texts longer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2.filters import FILTERS as OF_JINJA

from mplay.template import budget as bounds
from mplay.template.filters import addresses, collections, encoding, regex, texts

_COMPUTING = (
    "abs batch capitalize center count d default dictsort first float format groupby indent int "
    "items last length list lower map max min reject rejectattr replace reverse round select "
    "selectattr slice sort string sum title trim truncate upper urlencode wordcount "
    "wordwrap filesizeformat"
)


def table() -> dict[str, Callable[..., Any]]:
    """All filters by name."""
    found: dict[str, Callable[..., Any]] = {name: OF_JINJA[name] for name in _COMPUTING.split()}
    for kind in (addresses, collections, encoding, regex, texts):
        found |= kind.FILTERS
    return found


def _check_indent(text: Any, width: Any = 4, *_rest: Any, **_named: Any) -> None:
    each = len(width) if isinstance(width, str) else width
    lines = str(text).count("\n") + 1
    bounds.check_width(each)
    if lines * each > bounds.MAX_CHARACTERS:
        raise bounds.TooMuch("an indented text would be too long")


def _check_numbers(_value: Any, *args: Any, **named: Any) -> None:
    bounds.check_width(*args, *named.values())


def _check_replace(text: Any, old: Any, new: Any, *_rest: Any, **_named: Any) -> None:
    bounds.check_replace(str(text), str(old), str(new))


def _check_format(text: Any, *_args: Any, **_named: Any) -> None:
    bounds.check_format(str(text))


LIMITS: dict[str, Callable[..., None]] = {
    "batch": _check_numbers,
    "center": _check_numbers,
    "format": _check_format,
    "indent": _check_indent,
    "replace": _check_replace,
    "slice": _check_numbers,
    "truncate": _check_numbers,
    "wordwrap": _check_numbers,
}
"""What must hold of the arguments before a filter that makes text longer is called."""
