r"""Facts as a probe prints them: ``key<TAB>value`` lines, written by the shell function ``fact``.

Lines end at ``\n`` only (a naive `splitlines` would let a file name forge facts). Keys match
``[A-Za-z0-9_./:@+=~-]+``, other bytes are ``%XX``. A value with a control character, a backslash
or invalid UTF-8 is written as ``\x`` and hex.
"""

from __future__ import annotations

import re

from mplay.model.change import Diff

MAX_VALUE = 64 * 1024
MAX_OUTPUT = 1024 * 1024
DIFF_LIMIT = 64 * 1024
_KEY = re.compile(rb"[A-Za-z0-9_./:@+=~%-]+\Z")

PROLOGUE = r"""fact() {
  case $1 in *[!A-Za-z0-9_./:@+=~-]*)
    set -- "$(printf %s "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g')" "$2";; esac
  case $2 in
    *[!'] !"#$%&()*+,./:;<=>?@^_`{|}~['\'0-9A-Za-z-]*)
      printf '%s\t\\x%s\n' "$1" "$(printf %s "$2" | od -An -v -tx1 | tr -d ' \n')" ;;
    *) printf '%s\t%s\n' "$1" "$2" ;;
  esac
}
"""
"""Defines ``fact KEY VALUE``; the engine puts it before every probe.

A plain value costs no process. Letters and digits of every locale are plain: the reader takes any
byte that is no control character.
"""


class FactError(ValueError):
    """What a probe printed is not a list of facts; the probe failed."""


def parse_facts(stdout: bytes | str) -> dict[str, str]:
    """Read what a probe printed; FactError says which line is no fact."""
    raw = stdout.encode() if isinstance(stdout, str) else stdout
    if len(raw) > MAX_OUTPUT:
        raise FactError(f"the probe printed more than {MAX_OUTPUT} bytes")
    facts: dict[str, str] = {}
    if not raw:
        return facts
    for number, line in enumerate(raw.split(b"\n")[: -1 if raw.endswith(b"\n") else None], 1):
        key, value = _parse_line(number, line)
        if key in facts:
            raise FactError(f"line {number}: fact {key!r} is printed twice")
        facts[key] = value
    return facts


def _parse_line(number: int, line: bytes) -> tuple[str, str]:
    key, tab, value = line.partition(b"\t")
    if not tab or not _KEY.match(key):
        raise FactError(f"line {number} is no fact: {line[:80]!r}")
    if value.startswith(b"\\x"):
        try:
            value = bytes.fromhex(value[2:].decode("ascii"))
        except ValueError as error:
            raise FactError(f"line {number}: {key.decode()!r} is not well encoded") from error
    if len(value) > MAX_VALUE:
        raise FactError(f"line {number}: the value of {key.decode()!r} is over {MAX_VALUE} bytes")
    return _decode_key(key), value.decode("utf-8", "surrogateescape")


def _decode_key(key: bytes) -> str:
    plain = re.sub(rb"%([0-9A-Fa-f]{2})", lambda hit: bytes([int(hit[1], 16)]), key)
    return plain.decode("utf-8", "surrogateescape")


def text_diff(title: str, before: str, after: str) -> tuple[Diff, ...]:
    """A diff for people, or none where a side is larger than 64 KiB."""
    if max(len(before), len(after)) > DIFF_LIMIT:
        return ()
    return (Diff(title=title, before=before, after=after),)
