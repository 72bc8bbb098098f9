"""Chooses hosts by a pattern.

``web`` a group or host, ``a,b`` or ``a:b`` both, ``*.ex.org`` by shell wildcards, ``~regex``,
``g[0:2]`` by position with inclusive end, ``&staging`` only those also there, ``!db1`` not those,
``@file`` one name a line. First all unions, then ``&``, then ``!``.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mplay.inventory.ranges import is_address_with_colons
from mplay.inventory.sources import read_bytes
from mplay.model.errors import InvalidInput, Problem, UsageError, Where
from mplay.model.host import LOCALHOST
from mplay.model.playbook import Text
from mplay.source import decode, did_you_mean

_SUBSCRIPT = re.compile(
    r"(?P<base>.+)\[(?:(?P<one>-?[0-9]{1,9})|(?P<begin>[0-9]{1,9})[:-](?P<end>[0-9]{0,9}))\]\Z"
)
_PART = re.compile(r"(?:[^\s:\[\]]|\[[^\]]*\])+")
_WILD = frozenset("?*[")
_LOCAL = (LOCALHOST, "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Part:
    """One name, wildcard or expression of a pattern, and where it stands."""

    text: str
    where: Where | None

    @property
    def sign(self) -> str:
        """``&``, ``!`` or ''."""
        return self.text[0] if self.text[0] in "&!" else ""

    def bare(self) -> Part:
        """Without its sign."""
        return Part(self.text[len(self.sign) :], self.where)


class Patterns:
    """Hosts by pattern. `groups` are members by group, `hosts` all names in inventory order."""

    def __init__(self, groups: Mapping[str, tuple[str, ...]], hosts: tuple[str, ...]) -> None:
        self._groups = groups
        self._hosts = dict.fromkeys(hosts)

    def select(self, pattern: str) -> tuple[str, ...]:
        """The hosts, each one once, in the order of the unions. InvalidInput for unknown names."""
        problems: list[Problem] = []
        chosen = self.match(pattern, problems)
        if problems:
            raise InvalidInput(problems)
        return chosen

    def match(self, pattern: str, problems: list[Problem]) -> tuple[str, ...]:
        """As `select`, but unknown names choose nobody and are noted."""
        unions, intersections, exclusions = _sorted(list(self._parts(pattern)))
        if not unions:
            # Ansible takes it for all hosts.
            where = pattern.where if isinstance(pattern, Text) else None
            raise UsageError("a pattern without a name chooses nobody", where=where)

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
        return tuple(chosen)

    def _match(self, part: Part) -> tuple[str, ...]:
        """A name without a sign that is a host means the host, even where a group is called so."""
        if part.text in self._hosts:
            return (part.text,)
        bare = part.bare()
        found = None if bare.text.startswith("~") else _SUBSCRIPT.match(bare.text)
        if found:
            hosts = self._enumerate(Part(found["base"], part.where))
            return _subscripted(bare, hosts, found)
        return self._enumerate(bare)

    def _enumerate(self, part: Part) -> tuple[str, ...]:
        matches = _matcher(part)
        groups = [name for name in self._groups if matches(name)]
        # A host that is chosen twice counts twice for a position: so it is in Ansible.
        chosen = [host for name in groups for host in self._groups[name]]
        wild = part.text.startswith("~") or not _WILD.isdisjoint(part.text)
        if wild or "." in part.text or not groups:
            chosen += [host for host in self._hosts if matches(host)]
        if not chosen and part.text in _LOCAL:
            return (self._localhost(part),)
        if not groups and not chosen and not wild:
            self._complain(part)
        return tuple(chosen)

    def _localhost(self, part: Part) -> str:
        """Who answers to localhost: whichever of its names the inventory has."""
        known = [name for name in self._hosts if name in _LOCAL]
        if not known and part.text != LOCALHOST:
            what = f"the inventory has no {part.text}"
            raise UsageError(what, where=part.where, hint=f"Write {LOCALHOST}.")
        return known[0] if known else LOCALHOST

    def _complain(self, part: Part) -> None:
        known = [*self._groups, *self._hosts]
        hint = did_you_mean(part.text, known).strip() or "See 'mplay inventory list'."
        if re.search(r"[:,]", part.text):
            hint = "Put ',' between the parts of a pattern, or ':' between all of them."
        raise UsageError(
            f"no host or group is called '{part.text[:80]}'", where=part.where, hint=hint
        )

    def _parts(self, pattern: str) -> Iterator[Part]:
        """The parts of a pattern with their signs, files put in."""
        place = pattern.where if isinstance(pattern, Text) else None
        try:
            pieces = list(_split(pattern, self._hosts))
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


def _split(pattern: str, hosts: Mapping[str, None]) -> Iterator[tuple[int, str]]:
    """By commas if there is one, else by colons: as Ansible does, never by both."""
    if "," not in pattern:
        yield from _split_colons(pattern, hosts)
        return
    begin = 0
    for chunk in pattern.split(","):
        text = chunk.strip()
        if text:
            _check_brackets(text)
            yield begin + chunk.index(text), text
        begin += len(chunk) + 1


def _split_colons(chunk: str, hosts: Mapping[str, None]) -> Iterator[tuple[int, str]]:
    """By colons, save those of ``g[0:2]``, of an IPv6 address and of a file's name."""
    text = chunk.strip()
    whole = text.startswith("@") or text in hosts or is_address_with_colons(text)
    if whole and text:
        yield chunk.index(text), text
        return
    _check_brackets(text)
    for found in _PART.finditer(chunk):
        yield found.start(), found[0]


def _check_brackets(text: str) -> None:
    if _PART.sub("", text).strip(": \t\n"):
        raise UsageError(f"the pattern '{text[:80]}' has a bracket without its other half")


def _from_file(name: str, where: Where | None) -> Iterator[Part]:
    try:
        text = decode(read_bytes(Path(name)), name)
    except UsageError as error:
        hint = "Write @FILE with one name a line."
        raise UsageError(f"@{name}: {error.problem.what}", where=where, hint=hint) from error
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            place = Where(name, number, line.index(stripped[0]) + 1)
            yield Part(stripped, place)


def _sorted(parts: list[Part]) -> tuple[list[Part], list[Part], list[Part]]:
    def signed(sign: str) -> list[Part]:
        return [part for part in parts if part.sign == sign and len(part.text) > 1]

    unions = [part for part in parts if not part.sign]
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


def _subscripted(part: Part, hosts: tuple[str, ...], found: re.Match[str]) -> tuple[str, ...]:
    """The hosts at positions of a group. UsageError for one position that it does not have."""
    if not hosts:
        return ()
    end = found["end"]
    # An end of 0 is no end: Ansible takes `g[1:0]` for `g[1]`.
    if end is None or (end and not int(end)):
        return _at(part, hosts, int(found["one"] or found["begin"]))
    return hosts[int(found["begin"]) : int(end) + 1 if end else None]


def _at(part: Part, hosts: tuple[str, ...], position: int) -> tuple[str, ...]:
    if not -len(hosts) <= position < len(hosts):
        what = f"'{part.text}' chooses nobody: there are {len(hosts)} hosts, from 0"
        raise UsageError(what, where=part.where)
    return (hosts[position],)


def _keep(chosen: dict[str, None], wanted: Callable[[str], bool]) -> dict[str, None]:
    return {host: None for host in chosen if wanted(host)}
