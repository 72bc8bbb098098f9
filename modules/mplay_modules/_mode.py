"""File modes: octal as facts have them (``0644``), or symbolic as chmod reads them (``u+x``)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator

NEW_FILE = "0644"
"""A file that is created without a mode; not the host's umask, so that it can be predicted."""
NEW_DIRECTORY = "0755"

_OCTAL = re.compile(r"0?[0-7]{3,4}\Z")
_CLAUSE = re.compile(r"(?P<who>[ugoa]*)(?P<actions>([-+=][rwxXst]*)+)\Z")
_ACTION = re.compile(r"([-+=])([rwxXst]*)")
_SHIFT = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1}
_SPECIAL = {"u": 0o4000, "g": 0o2000, "o": 0}


def _written(given: object) -> object:
    """A mode as text. YAML reads an unquoted ``0644`` as the number 420."""
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise ValueError("must be a mode in quotes, such as '0644' or 'u+x'")  # noqa: TRY004 pydantic
    if isinstance(given, int):
        return _from_number(given)
    if _OCTAL.match(given):
        return f"{int(given, 8):04o}"
    if all(_CLAUSE.match(clause) for clause in given.split(",")):
        return given
    raise ValueError(f"{given!r} is no mode; write one such as '0644' or 'u=rw,g=r,o='")


def _from_number(number: int) -> str:
    """An octal number that YAML has read; one that was meant as digits is refused."""
    digits = str(number)
    meant = _OCTAL.match(digits) and _is_usual(int(digits, 8))
    if meant or not _is_usual(number):
        raise ValueError(f"{digits} is a plain number; write the mode in quotes, as '0{digits}'")
    return f"{number:04o}"


def _is_usual(mode: int) -> bool:
    """Whether nobody may do more than the owner, and who may do anything may read."""
    classes = [mode >> 6 & 7, mode >> 3 & 7, mode & 7]
    nested = all(less & ~more == 0 for more, less in pairwise(classes))
    return 0 < mode <= 0o7777 and nested and all(c == 0 or c & 4 for c in classes)


Mode = Annotated[str, BeforeValidator(_written)]
"""Four octal digits, or clauses of chmod."""


def is_symbolic(mode: str) -> bool:
    """Whether what comes of it depends on the mode before."""
    return not _OCTAL.match(mode)


def resolved(mode: str, before: str, *, directory: bool = False) -> str:
    """The mode in octal that chmod makes of `before` (octal too), with no umask."""
    if not is_symbolic(mode):
        return mode
    bits = int(before, 8)
    for clause in mode.split(","):
        found = _CLAUSE.match(clause)
        assert found, mode
        for action, letters in _ACTION.findall(found["actions"]):
            bits = _acted(bits, found["who"], action, letters, directory=directory)
    return f"{bits:04o}"


def _acted(bits: int, who: str, action: str, letters: str, *, directory: bool) -> int:
    classes = "ugo" if not who or "a" in who else who
    everybody = not who or "a" in who
    wanted = covered = 0
    for name in classes:
        wanted |= _class_bits(bits, name, letters, directory=directory)
        # `=` on a directory leaves set-user-ID and set-group-ID where s is not named, as GNU does.
        covered |= 7 << _SHIFT[name] | (0 if directory and "s" not in letters else _SPECIAL[name])
    covered |= 0o1000 if everybody or "o" in who else 0
    wanted |= 0o1000 if "t" in letters and (everybody or "o" in who) else 0
    if action == "+":
        return bits | wanted
    return bits & ~wanted if action == "-" else bits & ~covered | wanted


def _class_bits(bits: int, name: str, letters: str, *, directory: bool) -> int:
    permission = 0
    for letter in letters:
        if letter == "X":
            permission |= 1 if directory or bits & 0o111 else 0
        else:
            permission |= _BITS.get(letter, 0)
    return permission << _SHIFT[name] | (_SPECIAL[name] if "s" in letters else 0)


def everybody_reads(mode: str) -> bool:
    """Whether others may read a file of that mode."""
    return int(mode, 8) & 4 != 0


def made_by_umask(mode: str) -> bool:
    """Whether creating a file under some umask gives it this mode: no execution, no set-ID."""
    return int(mode, 8) & 0o7111 == 0


def umask_for(mode: str) -> str:
    """The umask under which a new file gets this mode."""
    return f"{0o666 & ~int(mode, 8):04o}"
