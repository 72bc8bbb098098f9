"""The filters that templates may use: those of Jinja2 that only compute, and Ansible's.

Left out on purpose: `attr` (reaches attributes by name), `random` and `shuffle` (a dry-run would
lie), everything about HTML, and whatever reads files, the network or the environment.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any

import yaml
from jinja2 import Undefined, pass_environment
from jinja2.filters import FILTERS
from jinja2.sandbox import SandboxedEnvironment

from mplay.template import budget as bounds

_OF_JINJA = (
    "abs batch capitalize center count d default dictsort first float format groupby indent int "
    "items last length list lower map max min reject rejectattr replace reverse round select "
    "selectattr slice sort string sum title trim truncate unique upper urlencode wordcount "
    "wordwrap filesizeformat"
)
_TRUE = frozenset({"yes", "on", "1", "true", "y", "t"})
_FALSE = frozenset({"no", "off", "0", "false", "n", "f", ""})
_MAX_PATTERN = 1000
_NESTED_REPEAT = re.compile(r"[+*}][^()]*\)[+*{]")
_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


def table() -> dict[str, Callable[..., Any]]:
    """All filters by name."""
    return {name: FILTERS[name] for name in _OF_JINJA.split()} | _OWN


def to_bool(value: Any) -> bool:
    """Ansible's `bool`, but a word that is neither yes nor no is an error."""
    if isinstance(value, bool) or value is None:
        return bool(value)
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"{value!r} is neither yes nor no")


def join(value: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    """The items as one text."""
    items = list(value)
    if attribute is not None:
        items = [item.get(attribute) if isinstance(item, Mapping) else item for item in items]
    parts: list[Any] = []
    for item in items:
        parts += [str(separator), item] if parts else [item]
    return bounds.joined(parts)


def to_json(value: Any, indent: int | None = None) -> str:
    """JSON with sorted keys, so that a second rendering is the same."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=indent, allow_nan=False)


def to_nice_json(value: Any, indent: int = 4) -> str:
    """JSON over several lines."""
    bounds.check_width(indent)
    return to_json(value, min(indent, 16))


def to_yaml(value: Any) -> str:
    """YAML with sorted keys."""
    plain = json.loads(to_json(value))
    return str(yaml.safe_dump(plain, default_flow_style=False, allow_unicode=True))


def b64encode(value: Any) -> str:
    """The UTF-8 bytes of a text in base64."""
    return base64.b64encode(str(value).encode()).decode()


def b64decode(value: Any) -> str:
    """The text whose UTF-8 bytes are given in base64."""
    try:
        return base64.b64decode(str(value), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("this is not base64 of UTF-8 text") from error


def combine(*mappings: Any, recursive: bool = False) -> dict[str, Any]:
    """The mappings put into one; later ones win. A list of mappings counts as its items."""
    flat: list[Any] = []
    for one in mappings:
        flat += one if isinstance(one, list | tuple) else [one]
    if wrong := [one for one in flat if not isinstance(one, Mapping)]:
        raise TypeError(f"combine takes mappings, not {type(wrong[0]).__name__}")
    return reduce(lambda old, new: _merged(old, new, recursive), flat, {})


def _merged(old: Mapping[str, Any], new: Mapping[str, Any], recursive: bool) -> dict[str, Any]:
    result = dict(old)
    for key, value in new.items():
        former = result.get(key)
        deeper = recursive and isinstance(former, Mapping) and isinstance(value, Mapping)
        result[key] = _merged(former, value, recursive) if deeper and former else value
    return result


def pattern(text: Any, *, ignorecase: bool = False, multiline: bool = False) -> re.Pattern[str]:
    """A regular expression that will not run for ever. ValueError says what is wrong with it."""
    if len(str(text)) > _MAX_PATTERN or _NESTED_REPEAT.search(str(text)):
        raise ValueError("this regular expression could take for ever: it repeats a repetition")
    flags = (re.IGNORECASE if ignorecase else 0) | (re.MULTILINE if multiline else 0)
    try:
        return re.compile(str(text), flags)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{str(text)!r} is not a regular expression: {error}") from error


def regex_replace(
    value: Any,
    pattern_: Any,
    replacement: Any = "",
    ignorecase: bool = False,
    multiline: bool = False,
    count: int = 0,
) -> str:
    """Every match replaced; a group is a backslash and its number."""
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
        return found.sub(put, str(value), count=count)
    except (re.error, IndexError) as error:
        raise ValueError(f"{new!r} does not fit the expression: {error}") from error


def regex_search(value: Any, pattern_: Any, *groups: str, **flags: bool) -> Any:
    """The first match, or the named groups of it; None where there is none."""
    found = pattern(pattern_, **flags).search(str(value))
    if not found:
        return None
    if not groups:
        return found[0]
    return [found.expand(group if group.startswith("\\") else f"\\{group}") for group in groups]


def regex_findall(value: Any, pattern_: Any, **flags: bool) -> list[Any]:
    """All matches."""
    return pattern(pattern_, **flags).findall(str(value))


def mandatory(value: Any, message: str = "") -> Any:
    """The value, which must be there."""
    if isinstance(value, Undefined):
        raise ValueError(message or "a mandatory value is not defined")  # noqa: TRY004 not its type
    return value


def ternary(value: Any, yes: Any, no: Any, none: Any = None) -> Any:
    """One of two values; `none` for None where it is given."""
    if value is None and none is not None:
        return none
    return yes if value else no


def dict2items(value: Mapping[str, Any], key_name: str = "key", value_name: str = "value") -> Any:
    """A mapping as a list of ``{key, value}``."""
    return [{key_name: key, value_name: item} for key, item in value.items()]


def items2dict(value: Iterable[Any], key_name: str = "key", value_name: str = "value") -> Any:
    """A list of ``{key, value}`` as a mapping."""
    return {item[key_name]: item[value_name] for item in value}


def flatten(value: Iterable[Any], levels: int | None = None) -> list[Any]:
    """A list with its inner lists put in."""
    result: list[Any] = []
    for item in value:
        if isinstance(item, list | tuple) and levels != 0:
            result += flatten(item, None if levels is None else levels - 1)
        else:
            result.append(item)
    return result


@pass_environment
def union(environment: SandboxedEnvironment, one: Iterable[Any], two: Iterable[Any]) -> list[Any]:
    """The items of both, each once, in order."""
    return list(FILTERS["unique"](environment, [*one, *two], case_sensitive=True))


def difference(one: Iterable[Any], two: Iterable[Any]) -> list[Any]:
    """The items of the first that the second has not."""
    other = list(two)
    return [item for item in one if item not in other]


def intersect(one: Iterable[Any], two: Iterable[Any]) -> list[Any]:
    """The items of the first that the second has too."""
    other = list(two)
    return [item for item in one if item in other]


def hashed(value: Any, kind: str = "sha1") -> str:
    """A digest of a text, in hex."""
    if kind not in _DIGESTS:
        raise ValueError(f"there is no digest {kind!r}; there are {', '.join(_DIGESTS)}")
    return hashlib.new(kind, str(value).encode(), usedforsecurity=False).hexdigest()


def split(value: Any, separator: str | None = None, times: int = -1) -> list[str]:
    """A text cut into pieces."""
    return str(value).split(separator, times)


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

_OWN: dict[str, Callable[..., Any]] = {
    "b64decode": b64decode,
    "b64encode": b64encode,
    "basename": lambda value: posixpath.basename(str(value)),
    "bool": to_bool,
    "combine": combine,
    "dict2items": dict2items,
    "difference": difference,
    "dirname": lambda value: posixpath.dirname(str(value)),
    "flatten": flatten,
    "from_json": lambda value: json.loads(str(value)),
    "hash": hashed,
    "intersect": intersect,
    "items2dict": items2dict,
    "join": join,
    "mandatory": mandatory,
    "quote": lambda value: shlex.quote("" if value is None else str(value)),
    "regex_escape": lambda value: re.escape(str(value)),
    "regex_findall": regex_findall,
    "regex_replace": regex_replace,
    "regex_search": regex_search,
    "split": split,
    "splitext": lambda value: list(posixpath.splitext(str(value))),
    "ternary": ternary,
    "to_json": to_json,
    "to_nice_json": to_nice_json,
    "to_nice_yaml": to_yaml,
    "to_yaml": to_yaml,
    "tojson": to_json,
    "union": union,
}
