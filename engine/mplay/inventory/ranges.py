"""Names that stand for several hosts: ``web[01:50:2]``, ``db[a:f].example.org``, with a port."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from string import ascii_letters

MOST = 20_000
_NAME = re.compile(r"[^\s\x00-\x1f\x7f@#~\[\]/,&!'\":]{1,255}\Z")
_RANGE = re.compile(r"(?P<head>[^\[\]]*)\[(?P<range>[^\[\]]*:[^\[\]]*)\](?P<tail>.*)\Z")
_BRACKETED = re.compile(r"\[(?P<name>.+)\]:(?P<port>\d+)\Z")
_PORT = re.compile(r"(?P<name>(?:[^:\[\]]|\[[^\[\]]*\])+):(?P<port>\d+)\Z")
# A name in front of a port: labels that end neither with '-' nor with '_'.
_LABELS = re.compile(r"(?:\w(?:[\w-]*[^\W_])?\.)*\w(?:[\w-]*[^\W_])?\Z")


def expand(pattern: str) -> tuple[list[str], int | None]:
    """The names of a host pattern, and its port. ValueError says what is wrong with it."""
    name, port = _split_port(pattern)
    names: list[str] = []
    for one in _expand(name):
        check_name(one)
        if port is not None and not _takes_port(one):
            raise ValueError("has a port after what is no name of a host")
        names.append(one)
        if len(names) > MOST:
            raise ValueError(f"stands for more than {MOST} hosts")
    return names, port


def check_name(name: str) -> None:
    """ValueError unless a host can be called so."""
    if "@" in name:
        raise ValueError("is no name of a host: say who logs in with ansible_user")
    if name == "---" or not (_NAME.match(name) or _is_v6(name)):
        raise ValueError("is no name of a host")


def is_address_with_colons(text: str) -> bool:
    """Whether the colons of a text are those of an IPv6 address."""
    return _is_v6(text)


def _takes_port(name: str) -> bool:
    return bool(_LABELS.match(name)) or _is_v6(name)


def _is_v6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


def _split_port(pattern: str) -> tuple[str, int | None]:
    found = None if _is_v6(pattern) else _BRACKETED.match(pattern) or _PORT.match(pattern)
    if not found:
        return pattern, None
    if re.fullmatch(r"[0-9]+:[0-9]+", found["name"]):
        raise ValueError("is a range in brackets only, which cannot have a port")
    if not 0 < int(found["port"][:6]) < 65536:
        raise ValueError(f"has the port {found['port'][:20]}, which does not exist")
    return found["name"], int(found["port"])


def _expand(pattern: str) -> Iterator[str]:
    found = _RANGE.match(pattern)
    if not found:
        yield pattern
        return
    for one in _sequence(found["range"]):
        for rest in _expand(found["tail"]):
            yield f"{found['head']}{one}{rest}"


def _sequence(text: str) -> Iterator[str]:
    bounds = text.split(":")
    if len(bounds) not in {2, 3} or not bounds[1]:
        raise ValueError("has a range that is not begin:end or begin:end:step")
    begin, end = bounds[0] or "0", bounds[1]
    step = _number(bounds[2]) if len(bounds) == 3 else 1
    if step < 1:
        raise ValueError("has a range whose step is less than 1")
    if _is_letter(begin) and _is_letter(end):
        return _letters(begin, end, step)
    return _numbers(begin, end, step)


def _letters(begin: str, end: str, step: int) -> Iterator[str]:
    first, last = ascii_letters.index(begin), ascii_letters.index(end)
    if first > last:
        raise ValueError("has a range that begins after its end")
    return iter(ascii_letters[first : last + 1 : step])


def _numbers(begin: str, end: str, step: int) -> Iterator[str]:
    padded = len(begin) > 1 and begin.startswith("0")
    if padded and len(begin) != len(end):
        raise ValueError("has a range whose padded begin and end differ in length")
    first, last = _number(begin), _number(end)
    if first > last:
        raise ValueError("has a range that begins after its end")
    return (str(n).zfill(len(begin) if padded else 1) for n in range(first, last + 1, step))


def _is_letter(text: str) -> bool:
    return len(text) == 1 and text in ascii_letters


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError("has a range of neither numbers nor letters")
    return int(text)
