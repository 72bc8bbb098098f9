"""Names that stand for several hosts: ``web[01:50:2]``, ``db[a:f].example.org``, with a port."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import ascii_letters

MOST = 20_000
_NAME = re.compile(r"[^\s\x00-\x1f\x7f@#~\[\]/,&!'\"]{1,255}\Z")
_RANGE = re.compile(r"(?P<head>[^\[\]]*)\[(?P<range>[^\[\]]*:[^\[\]]*)\](?P<tail>.*)\Z")
_PORT = re.compile(r"(?P<name>(?:[^:\[\]]|\[[^\[\]]*\])+):(?P<port>\d{1,5})\Z")
_V6 = re.compile(
    r"\[(?P<name>[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\](?::(?P<port>\d{1,5}))?\Z"
)


def expand(pattern: str) -> tuple[list[str], int | None]:
    """The names of a host pattern, and its port. ValueError says what is wrong with it."""
    name, port = _split_port(pattern)
    names = []
    for one in _expand(name):
        if not _NAME.match(one):
            raise ValueError("is no name of a host")
        names.append(one)
        if len(names) > MOST:
            raise ValueError(f"stands for more than {MOST} hosts")
    return names, port


def _split_port(pattern: str) -> tuple[str, int | None]:
    found = _V6.match(pattern) or _PORT.match(pattern)
    if not found or (found.re is _V6 and _is_range(found["name"])):
        return pattern, None
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port < 65536:
        raise ValueError(f"has the port {port}, which does not exist")
    return found["name"], port


def _is_range(text: str) -> bool:
    """Whether a bracket holds ``1:9:2`` rather than an address, which has more colons or none."""
    return text.count(":") == 2 and "::" not in text


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
