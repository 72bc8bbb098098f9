"""The bytes of a file before they are parsed: bounded, UTF-8, no control characters."""

from __future__ import annotations

import re

from mplay.model.errors import InvalidInput, Problem, Where

MAX_BYTES = 1024 * 1024
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def decode(raw: bytes, name: str) -> str:
    """The text of a file; InvalidInput when it is too large, not UTF-8 or holds control bytes."""
    if len(raw) > MAX_BYTES:
        raise InvalidInput([Problem("the file is larger than 1 MiB", Where(name), "split it")])
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _not_utf8(Where(name, 1, 1))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        raise _not_utf8(position(before, name)) from error
    if found := _UNPRINTABLE.search(text):
        where = position(text[: found.start()], name)
        what = f"the control character U+{ord(found[0]):04X} cannot stand in a text file"
        raise InvalidInput([Problem(what, where)])
    return text


def split_lines(text: str) -> list[str]:
    """Lines as YAML counts them."""
    return _BREAK.split(text)


def position(before: str, name: str) -> Where:
    """The place that follows `before` in the file `name`."""
    lines = split_lines(before)
    return Where(name, len(lines), len(lines[-1]) + 1)


def _not_utf8(where: Where) -> InvalidInput:
    return InvalidInput([Problem("this is not UTF-8 text", where, "save the file as UTF-8")])
