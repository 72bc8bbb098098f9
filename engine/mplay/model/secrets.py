"""The secrets that a run has come to know, and every text made free of them.

One `Secrets` is made for a command and passed to all who open, send, record or show something. A
secret is known from the moment at which it is opened: from then on its value is found in any text,
in the forms in which values commonly travel.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shlex
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

SHOWN = "[secret]"
SHORTEST = 6
"""Shorter secrets would be found in innocent words."""


class Secrets:
    """Known secrets: takes them out of texts, and tells which texts hold one. Thread-safe.

    A secret of fewer than 6 characters cannot be told from words, and is not looked for.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._references: dict[str, str] = {}
        self._known: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._stale = False
        self._mutex = threading.Lock()
        for value in values:
            self.add(value)

    def add(self, value: str, reference: str = "") -> None:
        """Know a secret from now on. `reference` says where another process finds it again."""
        if len(value) < SHORTEST:
            return
        with self._mutex:
            if value in self._references:
                self._references[value] = self._references[value] or reference
                return
            self._references[value] = reference
            for part in {value, *_lines(value)}:
                self._known.update(form for form in _forms(part) if len(form) >= SHORTEST)
            self._stale = True

    def __call__(self, text: str) -> str:
        """The text with each form of each known secret replaced."""
        pattern = self._compiled()
        return pattern.sub(SHOWN, text) if pattern else text

    def found_in(self, value: Any) -> bool:
        """Whether a text, or any text or key inside plain data, holds a known secret."""
        pattern = self._compiled()
        return pattern is not None and any(pattern.search(text) for text in _texts(value))

    def redacted(self, value: Any) -> Any:
        """Plain data with each text in it, keys too, as `__call__` makes it."""
        if not self._references:
            return value
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {self.redacted(key): self.redacted(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.redacted(item) for item in value]
        return value

    def named(self) -> dict[str, tuple[str, str]]:
        """Every form that may stand in a script: name of its variable -> (form, reference).

        The name comes from the reference, so that it is the same in every process.
        """
        with self._mutex:
            known = list(self._references.items())
        return {
            variable(f"{reference}#{kind}"): (form, reference)
            for value, reference in known
            for kind, form in named_forms(value).items()
        }

    def _compiled(self) -> re.Pattern[str] | None:
        if self._stale:
            with self._mutex:
                longest_first = sorted(self._known, key=len, reverse=True)
                self._pattern = re.compile("|".join(re.escape(form) for form in longest_first))
                self._stale = False
        return self._pattern


def variable(reference: str) -> str:
    """The name of the shell variable that stands for a secret."""
    return f"MPLAY_SECRET_{hashlib.sha256(reference.encode()).hexdigest()[:12]}"


def named_forms(secret: str) -> dict[str, str]:
    """The whole forms of a secret by name, each once."""
    raw = secret.encode("utf-8", "surrogateescape")
    forms = {
        "plain": secret,
        "url": quote(raw),
        "url_all": quote(raw, safe=""),
        "url_plus": quote_plus(raw),
        "hex": raw.hex(),
        "hex_upper": raw.hex().upper(),
        "json": json.dumps(secret)[1:-1],
        "json_text": json.dumps(secret, ensure_ascii=False)[1:-1],
        "base64": base64.b64encode(raw).decode(),
        "base64_url": base64.urlsafe_b64encode(raw).decode(),
    }
    seen: dict[str, str] = {}
    for name, form in forms.items():
        seen.setdefault(form, name)
    return {name: form for form, name in seen.items()}


def _lines(secret: str) -> Iterator[str]:
    """The lines of a secret of several lines, which is often printed line by line."""
    lines = secret.splitlines()
    return (line for line in lines if len(line) >= SHORTEST) if len(lines) > 1 else iter(())


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogateescape")
    yield from named_forms(secret).values()
    yield from (shlex.quote(secret), secret.replace("'", "'\\''"), secret.replace("'", "'\"'\"'"))
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


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
