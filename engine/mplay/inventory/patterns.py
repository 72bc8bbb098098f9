"""Chooses hosts by a pattern.

``web`` a group or host, ``a,b`` or ``a:b`` both, ``*.ex.org`` by shell wildcards, ``~regex``,
``g[0:2]`` by position with inclusive end, ``&staging`` only those also there, ``!db1`` not those,
``@file`` one pattern a line. First all unions, then ``&``, then ``!``.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mplay.inventory.sources import read_bytes
from mplay.model.errors import InvalidInput, Problem, UsageError, Where
from mplay.model.host import LOCALHOST
from mplay.model.playbook import Text
from mplay.source import decode, did_you_mean

_SUBSCRIPT = re.compile(
    r"(?P<base>.+)\[(?:(?P<one>-?\d{1,9})|(?P<begin>\d{1,9})[:-](?P<end>\d{0,9}))\]\Z"
)
_PART = re.compile(r"(?:[^\s:\[\]]|\[[^\]]*\])+")
_GLOB = frozenset(".?*[")
_V6 = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\Z")


@dataclass(frozen=True, slots=True)
class Part:
    """One name, wildcard or expression of a pattern, without its sign; and where it stands."""

    text: str
    where: Where | None


class Patterns:
    """Hosts by pattern. `groups` are members by group, `hosts` all names in inventory order."""

    def __init__(self, groups: Mapping[str, tuple[str, ...]], hosts: tuple[str, ...]) -> None:
        self._groups = groups
        self._hosts = dict.fromkeys(hosts)

    def select(self, pattern: str) -> tuple[str, ...]:
        """The hosts, each one once, in the order of the unions. InvalidInput for unknown names."""
        unions, intersections, exclusions = _sorted(list(_parts(pattern)))
        problems: list[Problem] = []

        def found(part: Part) -> tuple[str, ...]:
            try:
                return self._match(part)
            except UsageError as error:
                problems.append(error.problem)
                return ()

        chosen = dict.fromkeys(host for part in unions for host in found(part))
        for part in intersections:
            chosen = _keep(chosen, set(found(part)).__contains__)
        for part in exclusions:
            unwanted = set(found(part))
            chosen = _keep(chosen, lambda host, unwanted=unwanted: host not in unwanted)  # type: ignore[misc]
        if problems:
            raise InvalidInput(problems)
        return tuple(chosen)

    def _match(self, part: Part) -> tuple[str, ...]:
        if part.text in self._hosts:
            return (part.text,)
        found = None if part.text.startswith("~") else _SUBSCRIPT.match(part.text)
        if found and part.text not in self._groups:
            return _subscripted(self._enumerate(Part(found["base"], part.where)), found)
        return self._enumerate(part)

    def _enumerate(self, part: Part) -> tuple[str, ...]:
        matches = _matcher(part)
        groups = [name for name in self._groups if matches(name)]
        chosen = dict.fromkeys(host for name in groups for host in self._groups[name])
        wild = part.text.startswith("~") or not _GLOB.isdisjoint(part.text)
        if wild or not groups:
            chosen.update(dict.fromkeys(host for host in self._hosts if matches(host)))
        if not chosen and part.text == LOCALHOST:
            return (LOCALHOST,)
        if not groups and not chosen and not (wild and part.text[0] in "~*?["):
            self._complain(part)
        return tuple(chosen)

    def _complain(self, part: Part) -> None:
        known = [*self._groups, *self._hosts]
        raise UsageError(
            f"no host or group is called '{part.text[:80]}'",
            where=part.where,
            hint=did_you_mean(part.text, known).strip() or "See 'mplay inventory list'.",
        )


def _parts(pattern: str) -> Iterator[Part]:
    """The parts of a pattern with their signs, files put in."""
    place = pattern.where if isinstance(pattern, Text) else None
    try:
        pieces = list(_split(pattern))
    except UsageError as error:
        raise UsageError(error.problem.what, where=place) from error
    for begin, text in pieces:
        where = place
        if place is not None and place.line and "\n" not in pattern:
            where = Where(place.file, place.line, place.column + begin)
        if text.startswith("@"):
            yield from _from_file(text[1:], where)
        else:
            yield Part(text, where)


def _split(pattern: str) -> Iterator[tuple[int, str]]:
    begin = 0
    for chunk in pattern.split(","):
        yield from _split_colons(chunk, begin)
        begin += len(chunk) + 1


def _split_colons(chunk: str, begin: int) -> Iterator[tuple[int, str]]:
    """By colons, save those of ``g[0:2]``, of an IPv6 address and of a file's name."""
    text = chunk.strip()
    whole = text.startswith("@") or _V6.match(text.lstrip("&!"))
    if whole and text:
        yield begin + chunk.index(text), text
        return
    if _PART.sub("", chunk).strip(": \t\n"):
        raise UsageError(f"the pattern '{text}' has a bracket without its other half")
    for found in _PART.finditer(chunk):
        yield begin + found.start(), found[0]


def _from_file(name: str, where: Where | None) -> Iterator[Part]:
    try:
        text = decode(read_bytes(Path(name)), name)
    except UsageError as error:
        hint = "Write @FILE with one pattern a line."
        raise UsageError(f"@{name}: {error.problem.what}", where=where, hint=hint) from error
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            place = Where(name, number, line.index(stripped[0]) + 1)
            yield from _parts(Text(stripped, place))


def _sorted(parts: list[Part]) -> tuple[list[Part], list[Part], list[Part]]:
    def signed(sign: str) -> list[Part]:
        return [Part(p.text[1:], p.where) for p in parts if p.text[0] == sign and len(p.text) > 1]

    unions = [part for part in parts if part.text[0] not in "&!"]
    both, without = signed("&"), signed("!")
    if not unions and (both or without):
        unions = [Part("all", parts[0].where)]
    return unions, both, without


def _matcher(part: Part) -> Callable[[str], object]:
    text = part.text[1:] if part.text.startswith("~") else fnmatch.translate(part.text)
    if not text:
        raise UsageError("'~' stands before a regular expression", where=part.where)
    try:
        return re.compile(text).match
    except (re.error, RecursionError, OverflowError) as error:
        what = f"'{part.text}' is no regular expression: {error}"
        raise UsageError(what, where=part.where) from error


def _subscripted(hosts: tuple[str, ...], found: re.Match[str]) -> tuple[str, ...]:
    if found["one"]:
        index = int(found["one"])
        return hosts[index : index + 1 or None] if -len(hosts) <= index < len(hosts) else ()
    end = int(found["end"]) + 1 if found["end"] else None
    return hosts[int(found["begin"]) : end]


def _keep(chosen: dict[str, None], wanted: Callable[[str], bool]) -> dict[str, None]:
    return {host: None for host in chosen if wanted(host)}
