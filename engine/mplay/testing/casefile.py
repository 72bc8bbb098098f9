"""The file of a golden case: read as YAML, rewritten section by section.

A rewrite replaces one section and leaves every other byte of the file, comments too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

_TOP = re.compile(r"^(?P<key>[A-Za-z][A-Za-z ]*?) *:(?: |$)", re.MULTILINE)


def read(path: Path) -> dict[str, Any]:
    """The sections of a case. TypeError when the file is not a mapping."""
    case = yaml.safe_load(path.read_text())
    if not isinstance(case, dict):
        raise TypeError(f"{path} is not a mapping")
    return case


def replace(text: str, key: str, value: object) -> str:
    """The text of a case with one section replaced, or added at its end."""
    place = _place(text, key)
    if place is None:
        return text.rstrip("\n") + "\n" + written(key, value)
    return text[: place[0]] + written(key, value) + text[place[1] :]


def removed(text: str, key: str) -> str:
    """The text of a case without one section."""
    place = _place(text, key)
    return text if place is None else text[: place[0]] + text[place[1] :]


def _place(text: str, key: str) -> tuple[int, int] | None:
    """Where a section begins and ends."""
    starts = [(m["key"], m.start()) for m in _TOP.finditer(text)]
    ends = [start for _, start in starts[1:]] + [len(text)]
    for (found, start), end in zip(starts, ends, strict=True):
        if found == key:
            return start, end
    return None


def written(key: str, value: object) -> str:
    """One section as YAML: texts of several lines as blocks, tabs kept, short things on a line."""
    return _entry(key, value, 0)


def _entry(key: str, value: object, indent: int) -> str:
    margin, name = " " * indent, _scalar(key)
    if _is_block(value):
        return f"{margin}{name}: {_block(str(value), indent + 2)}"
    flow = _flow(value)
    if flow is not None and indent + len(name) + len(flow) < 98:
        return f"{margin}{name}: {flow}\n"
    if isinstance(value, Mapping) and value:
        return f"{margin}{name}:\n{_entries(value, indent + 2)}"
    if isinstance(value, list) and value:
        return f"{margin}{name}:\n" + "".join(_item(item, indent + 2) for item in value)
    return f"{margin}{name}: {flow}\n"


def _entries(value: Mapping[Any, object], indent: int) -> str:
    return "".join(_entry(str(k), v, indent) for k, v in value.items())


def _item(value: object, indent: int) -> str:
    margin = " " * indent
    if isinstance(value, Mapping) and value:
        return f"{margin}- {_entries(value, indent + 2).lstrip(' ')}"
    if isinstance(value, list) and value:
        return f"{margin}-\n" + "".join(_item(item, indent + 2) for item in value)
    if _is_block(value):
        return f"{margin}- {_block(str(value), indent + 2)}"
    return f"{margin}- {_flow(value)}\n"


def _flow(value: object) -> str | None:
    """A value on one line, or None where one of its texts is better read as a block."""
    if isinstance(value, Mapping):
        parts = [(_scalar(str(k)), _flow(v)) for k, v in value.items()]
        if any(v is None or "\\n" in k for k, v in parts):
            return None
        return "{" + ", ".join(f"{k}: {v}" for k, v in parts) + "}"
    if isinstance(value, list):
        items = [_flow(v) for v in value]
        return None if None in items else "[" + ", ".join(map(str, items)) + "]"
    return None if _is_block(value) else _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str) and not value.isprintable():
        return yaml.safe_dump(value, default_style='"', width=10**9).strip()
    one = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=10**9)
    return one.strip()[1:-1]


def _is_block(value: object) -> bool:
    """Whether a text is readable as a block: lines, and nothing that YAML would not keep."""
    return (
        isinstance(value, str)
        and ("\n" in value or "\t" in value)
        and value.strip() != ""
        and all(c in "\n\t" or c.isprintable() for c in value)
    )


def _block(text: str, indent: int) -> str:
    ending = "" if text.endswith("\n") else "-"
    if text.endswith("\n\n"):
        ending = "+"
    mark = "2" if text.lstrip("\n").startswith((" ", "\t")) or text.startswith("\n") else ""
    margin = " " * indent
    body = "".join(
        f"{margin}{line}\n" if line else "\n" for line in text.removesuffix("\n").split("\n")
    )
    return f"|{mark}{ending}\n{body}"
