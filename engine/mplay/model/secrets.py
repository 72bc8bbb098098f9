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
_MARK = re.compile(r"\[secret (MPLAY_SECRET_[0-9a-f]+)\]")
SHORTEST = 6
"""Shorter secrets would be found in innocent words."""


class Secrets:
    """Known secrets: takes them out of texts, and tells which texts hold one. Thread-safe.

    A secret of fewer than 6 characters cannot be told from words, and is not looked for.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._references: dict[str, str] = {}
        self._forms_of: dict[str, tuple[str, str]] = {}
        self._values: dict[str, str] = {}
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

    def marked(self, value: Any) -> Any:
        """Plain data in which a mark that names its reference stands for each secret.

        For what another process has to read again, with the vault: see `unmarked`.
        """
        pattern = self._compiled()
        if pattern is None:
            return value
        if isinstance(value, str):
            return pattern.sub(self._mark, value)
        if isinstance(value, Mapping):
            return {self.marked(key): self.marked(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.marked(item) for item in value]
        return value

    def _mark(self, hit: re.Match[str]) -> str:
        name, _ = self._forms_of.get(hit[0], ("", ""))
        return f"[secret {name}]" if name else SHOWN

    def unmarked(self, value: Any) -> Any:
        """The inverse of `marked`. KeyError where a secret is not known here, or had no mark."""
        self._compiled()
        if isinstance(value, str):
            if SHOWN in value:
                raise KeyError(SHOWN)
            return _MARK.sub(lambda hit: self._values[hit[1]], value)
        if isinstance(value, Mapping):
            return {self.unmarked(key): self.unmarked(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.unmarked(item) for item in value]
        return value

    def forms(self) -> Mapping[str, tuple[str, str]]:
        """What may stand in a script: form -> (name of its variable, reference).

        The name comes from the reference, so that it is the same in every process.
        """
        self._compiled()
        return self._forms_of

    def whole(self, script: str) -> tuple[str, str]:
        """Keep a script that is a secret as a whole: name of its variable, and reference."""
        reference = f"script:{hashlib.sha256(self(script).encode()).hexdigest()}"
        name = variable(reference)
        with self._mutex:
            self._values[name] = script
        return name, reference

    def values(self, names: Iterable[str]) -> dict[str, str]:
        """The values of variables by name; those that are not known are left out."""
        self._compiled()
        return {name: self._values[name] for name in names if name in self._values}

    def _compiled(self) -> re.Pattern[str] | None:
        if self._stale:
            with self._mutex:
                for value, reference in self._references.items():
                    for kind, form in named_forms(value).items():
                        name = variable(f"{reference}#{kind}")
                        self._forms_of.setdefault(form, (name, reference))
                        self._values.setdefault(name, form)
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
