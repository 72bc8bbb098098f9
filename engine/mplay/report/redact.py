"""Texts made safe to leave mplay: without known secrets, and with control characters shown."""

from __future__ import annotations

import base64
import json
import re
import shlex
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

SHOWN = "[secret]"
SHORTEST = 6
"""Shorter secrets would be found in innocent words."""

_HARMLESS = frozenset("\n\t")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def escaped(text: str) -> str:
    """The text with every character that would act instead of being seen written as an escape.

    Newline and tab stay; so a text of several lines is still one. Covers the controls of
    terminals, those that turn the direction of writing, and halves of surrogate pairs.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _plain(c) else _shown(c) for c in text)


def one_line(text: str) -> str:
    """`escaped`, with newlines and tabs shown too."""
    return escaped(text).replace("\n", "\\n").replace("\t", "\\t")


def _plain(character: str) -> bool:
    return character in _HARMLESS or unicodedata.category(character) not in _HIDDEN


def _shown(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


class Redactor:
    """Takes known secrets out of texts, in every form in which they commonly travel."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Know a secret from now on; one of fewer than 6 characters cannot be told from words."""
        if len(secret) < SHORTEST:
            return
        self._known.update(form for form in _forms(secret) if len(form) >= SHORTEST)
        longest_first = sorted(self._known, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(form) for form in longest_first))

    def __call__(self, text: str) -> str:
        """The text with each form of each known secret replaced."""
        return self._pattern.sub(SHOWN, text) if self._pattern else text


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogateescape")
    yield secret
    yield from (quote(raw), quote(raw, safe=""), quote_plus(raw))
    yield from (raw.hex(), raw.hex().upper())
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (shlex.quote(secret), secret.replace("'", "'\\''"))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            yield _inner_base64(encode(b"\0" * shift + raw).decode(), shift)


def _inner_base64(text: str, shift: int) -> str:
    """The part of a Base64 text that a secret alone decides, `shift` bytes after a boundary."""
    body = text.rstrip("=")
    start = {0: 0, 1: 2, 2: 3}[shift]
    # The last character also holds bits of what follows, unless the secret ends on a boundary.
    end = len(body) if len(body) == len(text) else len(body) - 1
    return body[start:end]
