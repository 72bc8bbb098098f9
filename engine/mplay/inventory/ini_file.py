"""Reads a source in Ansible's INI format."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mplay.inventory.ini_value import ini_value
from mplay.inventory.ranges import expand
from mplay.inventory.tree import UNGROUPED, Tree
from mplay.model.errors import Where
from mplay.source import did_you_mean

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?\Z")
_GROUP = re.compile(r"([^:\]\s]+)\s*(?:#.*)?\Z")
_KINDS = ("hosts", "vars", "children")


def read_ini(tree: Tree, text: str, file: str) -> None:
    """Add the hosts and groups of an INI text to the tree."""
    reader = _Reader(tree, file)
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and stripped[0] not in "#;":
            reader.line(stripped, Where(file, number, line.index(stripped[0]) + 1))
    reader.close()


@dataclass(slots=True)
class _Awaited:
    """A group that was spoken of before it was declared, and the groups that want it inside."""

    what: str
    where: Where
    parents: list[tuple[str, Where]] = field(default_factory=list)


class _Reader:
    """Goes through the lines; `_group` and `_kind` are those of the section that it is in."""

    def __init__(self, tree: Tree, file: str) -> None:
        self._tree = tree
        self._file = file
        self._group = UNGROUPED
        self._kind = "hosts"
        self._awaited: dict[str, _Awaited] = {}

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
        known = [name for name in self._tree.groups if name not in self._awaited]
        for name, awaited in self._awaited.items():
            hint = did_you_mean(name, known).strip() or f"Add a section [{name}]."
            self._tree.complain(awaited.what, awaited.where, hint)

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
        if kind == "vars" and name not in self._tree.groups:
            what = f"[{name}:vars] is about a group that is nowhere declared"
            self._awaited.setdefault(name, _Awaited(what, where))
        self._tree.group(name)
        if kind != "vars":
            self._declare(name)

    def _declare(self, name: str) -> None:
        """A group came that may have been awaited; Ansible puts it into its parents only now."""
        awaited = self._awaited.pop(name, None)
        if awaited:
            for parent, where in awaited.parents:
                self._tree.add_child(parent, name, where)

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
        variables = self._words(pattern, rest, line, where)
        for host in names:
            self._tree.add_host(host, self._group, self._file, port)
            self._tree.set_of_host(host, variables, where)

    def _words(self, pattern: str, words: list[str], line: str, where: Where) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for word in words:
            name, sign, value = word.partition("=")
            if not sign or not name:
                self._tree.complain(
                    f"'{word}' after the host {pattern} is no variable", where, "Write name=value."
                )
                continue
            found[name] = self._value(value, _at(where, line, f"{name}=", len(name) + 1))
        return found

    def _variable(self, line: str, where: Where) -> None:
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not name:
            self._tree.complain(f"'{line}' is no variable", where, "Write name=value.")
            return
        read = self._value(value, _at(where, line, value, 0))
        self._tree.set_of_group(self._group, {name: read}, where)

    def _value(self, text: str, where: Where) -> Any:
        try:
            return ini_value(text, where)
        except ValueError as error:
            self._tree.complain(str(error), where)
            return None

    def _child(self, line: str, where: Where) -> None:
        found = _GROUP.match(line)
        if not found:
            self._tree.complain(f"'{line}' is no name of a group", where)
            return
        name = found[1]
        if name in self._tree.groups:
            self._tree.add_child(self._group, name, where)
            return
        what = f"[{self._group}:children] names the group {name}, which is nowhere declared"
        awaited = self._awaited.setdefault(name, _Awaited(what, where))
        awaited.parents.append((self._group, where))


def _at(where: Where, line: str, word: str, beyond: int) -> Where:
    """The place of a value in its line; that of the line where the word is written otherwise."""
    index = line.find(word) if word else -1
    return where if index < 0 else Where(where.file, where.line, where.column + index + beyond)
