"""Regular expressions, kept from running for ever."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mplay.template import budget as bounds
from mplay.template.filters.repeats import ambiguous

_MAX_PATTERN = 1000
_GROUP = re.compile(r"\\g<(\w+)>|\\(\d+)")
_BASIC = re.compile(r"([].[^$*\\])")


def pattern(text: Any, *, ignorecase: bool = False, multiline: bool = False) -> re.Pattern[str]:
    """A regular expression that will not run for ever. ValueError says what is wrong with it."""
    flags = (re.IGNORECASE if ignorecase else 0) | (re.MULTILINE if multiline else 0)
    return _compiled(str(text), flags)


@lru_cache(maxsize=1000)
def _compiled(text: str, flags: int) -> re.Pattern[str]:
    if len(text) > _MAX_PATTERN:
        raise ValueError(f"a regular expression is at most {_MAX_PATTERN} characters long")
    try:
        risky = ambiguous(text, flags)
        compiled = re.compile(text, flags)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from error
    if risky:
        raise ValueError(
            "this regular expression could take for ever: it repeats what matches in several ways"
        )
    return compiled


def regex_replace(
    value: Any = "",
    pattern_: Any = "",
    replacement: Any = "",
    ignorecase: bool = False,
    multiline: bool = False,
    count: int = 0,
    mandatory_count: int = 0,
) -> str:
    r"""Every match replaced; a group is a backslash and its number, or ``\g<name>``."""
    total = 0
    new = str(replacement)

    def put(match: re.Match[str]) -> str:
        nonlocal total
        longest = max(len(group or "") for group in (match[0], *match.groups()))
        total += len(new) + new.count("\\") * longest
        bounds.check_length(total)
        return match.expand(new)

    found = pattern(pattern_, ignorecase=ignorecase, multiline=multiline)
    try:
        result, times = found.subn(put, str(value), count=count)
    except (re.error, IndexError) as error:
        raise ValueError(f"{new!r} does not fit the expression: {error}") from error
    if mandatory_count and mandatory_count != times:
        raise ValueError(f"'{pattern_}' should match {mandatory_count} times, and does {times}")
    return result


def regex_search(
    value: Any, regex: Any, *groups: str, ignorecase: bool = False, multiline: bool = False
) -> Any:
    r"""The first match, or its groups (``\1``, ``\g<name>``) as a list; None without a match."""
    wanted = [_group(group) for group in groups]
    found = pattern(regex, ignorecase=ignorecase, multiline=multiline).search(str(value))
    if not found:
        return None
    try:
        return [found[group] for group in wanted] if wanted else found[0]
    except IndexError as error:
        raise ValueError(f"'{regex}' has no group {', '.join(groups)}") from error


def _group(written: str) -> str | int:
    found = _GROUP.match(str(written))
    if found is None:
        raise ValueError(rf"'{written}' names no group; write '\\1' or '\\g<name>'")
    return found[1] or int(found[2])


def regex_findall(
    value: Any, regex: Any, multiline: bool = False, ignorecase: bool = False
) -> list[Any]:
    """All matches; of several groups, lists."""
    return pattern(regex, ignorecase=ignorecase, multiline=multiline).findall(str(value))


def regex_escape(value: Any, re_type: str = "python") -> str:
    """The text with what is special in an expression escaped; ``posix_basic`` for grep and sed."""
    if re_type == "python":
        return re.escape(str(value))
    if re_type == "posix_basic":
        return _BASIC.sub(r"\\\1", str(value))
    raise ValueError(f"re_type is python or posix_basic, not '{re_type}'")


FILTERS: dict[str, Callable[..., Any]] = {
    "regex_escape": regex_escape,
    "regex_findall": regex_findall,
    "regex_replace": regex_replace,
    "regex_search": regex_search,
}
