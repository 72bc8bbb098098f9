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
    starts = [(m["key"], m.start()) for m in _TOP.finditer(text)]
    ends = [start for _, start in starts[1:]] + [len(text)]
    section = written(key, value)
    for (found, start), end in zip(starts, ends, strict=True):
        if found == key:
            return text[:start] + section + text[end:]
    return text.rstrip("\n") + "\n" + section


def written(key: str, value: object, indent: int = 0) -> str:
    """One key and its value as YAML: texts of several lines as blocks, tabs kept."""
    margin = " " * indent
    if isinstance(value, Mapping) and any(_is_block(v) for v in _leaves(value)):
        inner = "".join(written(str(k), v, indent + 2) for k, v in value.items())
        return f"{margin}{key}:\n{inner}"
    if _is_block(value):
        return f"{margin}{key}: {_block(str(value), indent + 2)}"
    nested = isinstance(value, Mapping | list)
    plain = yaml.safe_dump(
        {key: value},
        sort_keys=False,
        width=100,
        allow_unicode=True,
        default_flow_style=None if nested else False,
    )
    return "".join(f"{margin}{line}" for line in plain.splitlines(keepends=True))


def _leaves(value: object) -> list[object]:
    if isinstance(value, Mapping):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    return [value]


def _is_block(value: object) -> bool:
    """Whether a text is readable as a block: lines, and nothing that YAML would not keep."""
    return (
        isinstance(value, str)
        and ("\n" in value or "\t" in value or len(value) > 70)
        and value.strip() != ""
        and all(c in "\n\t" or c.isprintable() for c in value)
    )


def _block(text: str, indent: int) -> str:
    ending = "" if text.endswith("\n") else "-"
    if text.endswith("\n\n"):
        ending = "+"
    mark = "2" if text.lstrip("\n").startswith(" ") or text.startswith("\n") else ""
    margin = " " * indent
    body = "".join(
        f"{margin}{line}\n" if line else "\n" for line in text.removesuffix("\n").split("\n")
    )
    return f"|{mark}{ending}\n{body}"
