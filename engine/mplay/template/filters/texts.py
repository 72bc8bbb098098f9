"""Single values: words, numbers, paths, times."""

from __future__ import annotations

import math
import posixpath
import re
import shlex
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from random import Random
from typing import Any

from jinja2 import Undefined

from mplay.template import budget as bounds

_TRUE = frozenset({"yes", "on", "1", "true"})
_FALSE = frozenset({"no", "off", "0", "false", ""})
_POWERS = "BKMGTPEZY"
_SIZE = re.compile(r"([0-9]*\.?[0-9]+)(?:\s*([A-Za-z]+))?\s*")
_PREFIXES = " kilo mega giga tera peta exa zetta yotta"
_WORDS = dict(zip(_POWERS, _PREFIXES.split(" "), strict=True))
_COMMENTS = {
    "plain": {"decoration": "# "},
    "erlang": {"decoration": "% "},
    "c": {"decoration": "// "},
    "cblock": {"beginning": "/*", "decoration": " * ", "end": " */"},
    "xml": {"beginning": "<!--", "decoration": " - ", "end": "-->"},
}


def to_bool(value: Any) -> bool:
    """Ansible's `bool`, but a word that is neither yes nor no is an error."""
    if isinstance(value, bool) or value is None:
        return bool(value)
    word = str(value).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError(f"{value!r} is neither yes nor no")


def mandatory(value: Any, msg: str | None = None) -> Any:
    """The value, which must be there."""
    if isinstance(value, Undefined):
        raise ValueError(msg or "a mandatory value is not defined")  # noqa: TRY004 not its type
    return value


def ternary(value: Any, true_val: Any, false_val: Any, none_val: Any = None) -> Any:
    """One of two values; `none_val` for None where it is given."""
    if value is None and none_val is not None:
        return none_val
    return true_val if value else false_val


def split(value: Any, separator: str | None = None, maxsplit: int = -1) -> list[str]:
    """A text cut into pieces."""
    return str(value).split(separator, maxsplit)


def type_debug(value: Any) -> str:
    """The name of a value's type, as Python calls it."""
    for kind in (bool, str, int, float, dict, list, tuple):
        if isinstance(value, kind):
            return kind.__name__
    return "dict" if isinstance(value, Mapping) else type(value).__name__


def comment(value: Any, style: str = "plain", **given: Any) -> str:
    """The text as a comment: `plain` (#), `c`, `cblock`, `erlang` or `xml`, or as the rest says.

    Further names: `beginning decoration end newline prefix prefix_count postfix postfix_count`.
    """
    if style not in _COMMENTS:
        raise ValueError(f"a style is one of {', '.join(_COMMENTS)}, not '{style}'")
    own: dict[str, Any] = dict(_COMMENTS[style])
    edge = str(given.get("decoration", own["decoration"])).rstrip()
    parts: dict[str, Any] = {"newline": "\n", "beginning": "", "prefix": edge, "prefix_count": 1}
    parts |= {"end": "", "postfix": edge, "postfix_count": 1, **own}
    if unknown := set(given) - set(parts):
        raise ValueError(f"a comment has no '{sorted(unknown)[0]}'; it has {', '.join(parts)}")
    parts |= given
    bounds.check_width(parts["prefix_count"], parts["postfix_count"])
    for edge in ("prefix", "postfix"):
        each = len(str(parts[edge])) + len(str(parts["newline"]))
        bounds.check_length(each * int(parts[f"{edge}_count"]))
    return _comment(str(value), parts)


def _comment(text: str, parts: Mapping[str, Any]) -> str:
    line, mark = str(parts["newline"]), str(parts["decoration"])
    lines = text.split(line)
    bounds.check_length(len(lines) * (len(mark) + len(line)))
    beginning = f"{parts['beginning']}{line}" if parts["beginning"] else ""
    prefix = str(parts["prefix"])
    head = "" if not prefix else line if prefix == line else f"{prefix}{line}"
    # A line that holds nothing but the mark has no blanks at its end; the last line keeps them.
    body = line.join(mark + one for one in lines).replace(mark + line, mark.rstrip() + line)
    tail = "".join(f"{line}{parts['postfix']}" for _ in range(int(parts["postfix_count"])))
    end = f"{line}{parts['end']}" if parts["end"] else ""
    return f"{beginning}{head * int(parts['prefix_count'])}{body}{tail}{end}"


def human_readable(value: Any, isbits: bool = False, unit: str | None = None) -> str:
    """A number of bytes or bits in the unit that fits, or in `unit`: ``1.50 GB``."""
    size = float(value)
    power = _power(size) if unit is None else _POWERS.find(str(unit).upper()[:1])
    base = "bits" if isbits else "Bytes"
    word = base if power <= 0 else f"{_POWERS[power]}{base[0]}"
    return f"{size / 1024 ** max(power, 0):.2f} {word}"


def _power(size: float) -> int:
    return max((power for power in range(len(_POWERS)) if size >= 1024**power), default=0)


def human_to_bytes(value: Any, default_unit: str | None = None, isbits: bool = False) -> int:
    """The number that ``10K`` or ``1.5 GB`` means; bits where `isbits`."""
    found = _SIZE.fullmatch(str(value))
    if found is None:
        raise ValueError(f"'{value}' is no size such as 10M")
    unit = found[2] or default_unit
    if unit is None:
        return round(float(found[1]))
    letter, kind, word = unit[0].upper(), "b" if isbits else "B", "bit" if isbits else "byte"
    if letter not in _POWERS:
        raise ValueError(f"'{unit}' is no unit; units begin with one of {', '.join(_POWERS)}")
    short = kind if letter == "B" else f"{letter}{kind}"
    if len(unit) > 1 and unit != short and unit.lower() != f"{_WORDS[letter]}{word}":
        raise ValueError(f"'{unit}' is no unit; did you mean '{short}'?")
    size: int = 1024 ** _POWERS.index(letter)
    return round(float(found[1]) * size)


def logarithm(value: float, base: float = math.e) -> float:
    """The logarithm, natural or of a base."""
    return math.log10(value) if base == 10 else math.log(value, base)


def root(value: float, base: float = 2) -> float:
    """The square root, or another one."""
    return math.sqrt(value) if base == 2 else math.pow(value, 1.0 / float(base))


def random(end: Any, start: int = 0, step: int = 1, seed: Any = None) -> Any:
    """A number below `end`, or an item of a list, that depends on `seed` alone."""
    chance = Random(_seed(seed, "random"))
    if isinstance(end, int):
        return chance.randrange(start, end, step)
    return chance.choice(list(end))


def shuffle(value: Iterable[Any], seed: Any = None) -> list[Any]:
    """The items in an order that depends on `seed` alone."""
    items = list(value)
    Random(_seed(seed, "shuffle")).shuffle(items)
    return items


def _seed(seed: Any, name: str) -> Any:
    if seed is None or isinstance(seed, Undefined):
        raise ValueError(
            f"{name} needs a seed, such as {name}(seed=inventory_hostname): a dry-run and the "
            "apply after it must come to the same"
        )
    return seed if isinstance(seed, int | float) else str(seed)


def strftime(value: Any, second: Any = None, utc: bool = False) -> str:
    """A time, given in seconds since 1970, in a format; the controller's time zone, or UTC."""
    if second is None:
        raise ValueError(
            "strftime needs the seconds: the present time would be another one at each look; "
            "a name that is the run's own is {{ run.id }}"
        )
    bounds.check_format(str(value))
    moment = time.gmtime(float(second)) if utc else time.localtime(float(second))
    return time.strftime(str(value), moment)


def to_datetime(value: Any, format: str = "%Y-%m-%d %H:%M:%S") -> datetime:  # noqa: A002 Ansible's
    """The moment that a text names; two of them can be subtracted."""
    return datetime.strptime(str(value), format)  # noqa: DTZ007 a zone is in the format, or none


def path_join(value: Any) -> str:
    """The parts of a path as one."""
    parts = [value] if isinstance(value, str) else list(value)
    return posixpath.join(*map(str, parts))


def commonpath(value: Iterable[Any]) -> str:
    """What paths have in common."""
    return posixpath.commonpath([str(path) for path in value])


def relpath(value: Any, start: Any = None) -> str:
    """A path as seen from another one."""
    if start is None or posixpath.isabs(str(value)) != posixpath.isabs(str(start)):
        raise ValueError("relpath needs a start that is absolute where the path is")
    return posixpath.relpath(str(value), str(start))


FILTERS: dict[str, Callable[..., Any]] = {
    "basename": lambda value: posixpath.basename(str(value)),
    "bool": to_bool,
    "comment": comment,
    "commonpath": commonpath,
    "dirname": lambda value: posixpath.dirname(str(value)),
    "human_readable": human_readable,
    "human_to_bytes": human_to_bytes,
    "log": logarithm,
    "mandatory": mandatory,
    "normpath": lambda value: posixpath.normpath(str(value)),
    "path_join": path_join,
    "pow": math.pow,
    "quote": lambda value: shlex.quote("" if value is None else str(value)),
    "random": random,
    "relpath": relpath,
    "root": root,
    "shuffle": shuffle,
    "split": split,
    "splitext": lambda value: list(posixpath.splitext(str(value))),
    "strftime": strftime,
    "ternary": ternary,
    "to_datetime": to_datetime,
    "type_debug": type_debug,
}
