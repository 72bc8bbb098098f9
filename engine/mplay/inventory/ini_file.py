"""Reads a source in Ansible's INI format."""

from __future__ import annotations

import ast
import math
import re
import shlex
import warnings
from typing import Any

from mplay.inventory.ranges import expand
from mplay.inventory.tree import UNGROUPED, Tree
from mplay.model.errors import Where
from mplay.source import did_you_mean, texts

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:[#;].*)?\Z")
_GROUP = re.compile(r"([^:\]\s]+)\s*(?:[#;].*)?\Z")
_KINDS = ("hosts", "vars", "children")


def read_ini(tree: Tree, text: str, file: str) -> None:
    """Add the hosts and groups of an INI text to the tree."""
    reader = _Reader(tree, file)
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and stripped[0] not in "#;":
            reader.line(stripped, Where(file, number, line.index(stripped[0]) + 1))
    reader.close()


class _Reader:
    """Goes through the lines; `_group` and `_kind` are those of the section that it is in."""

    def __init__(self, tree: Tree, file: str) -> None:
        self._tree = tree
        self._file = file
        self._group = UNGROUPED
        self._kind = "hosts"
        self._declared = set(tree.groups)
        self._awaited: dict[str, tuple[str, Where]] = {}

    def line(self, line: str, where: Where) -> None:
        if _SECTION.match(line) or (line.startswith("[") and line.endswith("]")):
            self._section(line, where)
        elif self._kind == "hosts":
            self._host(line, where)
        elif self._kind == "vars":
            self._variable(line, where)
        elif self._kind == "children":
            self._child(line, where)

    def close(self) -> None:
        """Complain of groups that were spoken of and never declared."""
        for name, (what, where) in self._awaited.items():
            if name not in self._declared:
                hint = did_you_mean(name, self._declared).strip() or f"Add a section [{name}]."
                self._tree.complain(what, where, hint)

    def _section(self, line: str, where: Where) -> None:
        found = _SECTION.match(line)
        if not found:
            self._kind = ""
            self._tree.complain(
                "this is no section", where, "Write [group], [group:vars] or [group:children]."
            )
            return
        name, kind = found[1], found[2] or "hosts"
        if kind not in _KINDS:
            hint = did_you_mean(kind, _KINDS).strip() or "There are hosts, vars and children."
            self._tree.complain(f"a section of a group has no kind '{kind}'", where, hint)
            kind = ""
        self._group, self._kind = name, kind
        if kind == "vars":
            what = f"[{name}:vars] is about a group that is nowhere declared"
            self._awaited.setdefault(name, (what, where))
        else:
            self._declared.add(name)
        self._tree.group(name)

    def _host(self, line: str, where: Where) -> None:
        try:
            pattern, *rest = shlex.split(line, comments=True)
        except ValueError:
            self._tree.complain("a quote in this line is never closed", where)
            return
        try:
            names, port = expand(pattern)
        except ValueError as error:
            self._tree.complain(f"the host '{pattern}' {error}", where)
            return
        variables: dict[str, Any] = {} if port is None else {"ansible_port": port}
        for word in rest:
            name, sign, value = word.partition("=")
            if not sign or not name:
                self._tree.complain(
                    f"'{word}' after the host {pattern} is no variable", where, "Write name=value."
                )
                continue
            variables[name] = _value(value, _at(where, line, f"{name}=", len(name) + 1))
        for host in names:
            self._tree.add_host(host, self._group, variables)

    def _variable(self, line: str, where: Where) -> None:
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not name:
            self._tree.complain(f"'{line}' is no variable", where, "Write name=value.")
            return
        own = self._tree.group(self._group).vars
        own[name] = _value(value, _at(where, line, value, 0))

    def _child(self, line: str, where: Where) -> None:
        found = _GROUP.match(line)
        if not found:
            self._tree.complain(f"'{line}' is no name of a group", where)
            return
        what = f"[{self._group}:children] names the group {found[1]}, which is nowhere declared"
        self._awaited.setdefault(found[1], (what, where))
        self._tree.add_child(self._group, found[1], where)


def _at(where: Where, line: str, word: str, beyond: int) -> Where:
    """The place of a value in its line; that of the line where the word is written otherwise."""
    index = line.find(word) if word else -1
    return where if index < 0 else Where(where.file, where.line, where.column + index + beyond)


def _value(text: str, where: Where) -> Any:
    """A value as Ansible reads it: a Python literal if it is one, else the text itself."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        value = text
    return texts(value if _is_plain(value) else text, where)


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(_is_plain(one) for one in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | bool | int)
