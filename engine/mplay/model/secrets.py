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
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from secrets import token_hex
from typing import Any
from urllib.parse import quote, quote_plus

SHOWN = "[secret]"
_HERE = "here:"
NAMELESS = "without name"
"""What a mark says in which a secret cannot be found again: a part of it, or of its code."""
_MARK = re.compile(r"\[secret (MPLAY_SECRET_[0-9a-f]{12}|without name)\]")
_ENDS = re.compile(r"\s?(?:\.\.\.|…)")
_NAMES = re.compile(r"MPLAY_SECRET_[0-9a-f]{12}|without name(?=\])")
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
            if value in self._references and (self._refers(value) or not reference):
                return
            # Without a reference its name must mean nothing in another process.
            self._references[value] = reference or f"{_HERE}{token_hex(8)}"
            for part in {value, *_lines(value)}:
                self._known.update(form for form in _forms(part) if len(form) >= SHORTEST)
            self._stale = True

    def _refers(self, value: str) -> bool:
        return not self._references[value].startswith(_HERE)

    def __call__(self, text: str) -> str:
        """The text with each form of each known secret replaced, and each mark made short."""
        pattern = self._compiled()
        clean = self._cut(pattern.sub(SHOWN, text), SHOWN) if pattern else text
        return _MARK.sub(SHOWN, clean)

    def _cut(self, text: str, shown: str) -> str:
        """The text without the beginnings of secrets that are left where a text was cut short."""
        found: list[str] = []
        last = 0
        for end in _ENDS.finditer(text):
            left = self._left(text[last : end.start()])
            found += [text[last : end.start() - left], shown if left else ""]
            last = end.start()
        return "".join([*found, text[last:]]) if found else text

    def _left(self, text: str) -> int:
        """How many characters at the end of a text are the beginning of a secret."""
        longest = 0
        for value in self._references:
            at = text.rfind(value[:SHORTEST])
            if at >= 0 and len(text) - at < len(value) and value.startswith(text[at:]):
                longest = max(longest, len(text) - at)
        return longest

    def trimmed(self, text: str) -> str:
        """Output that was cut anywhere, without what is left of a secret at its end."""
        left = self._left(text)
        return text[: len(text) - left] + SHOWN if left else text

    def found_in(self, value: Any) -> bool:
        """Whether a text, or any text or key inside plain data, holds a known secret."""
        pattern = self._compiled()
        return pattern is not None and any(pattern.search(text) for text in _texts(value))

    def redacted(self, value: Any) -> Any:
        """Plain data with each text in it, keys too, as `__call__` makes it."""
        return _mapped(value, self)

    def marked(self, value: Any) -> Any:
        """Plain data in which a mark that names it stands for each secret: see `unmarked`."""
        pattern = self._compiled()
        if pattern is None:
            return value
        return _mapped(
            value, lambda text: self._cut(pattern.sub(self._mark, text), f"[secret {NAMELESS}]")
        )

    def _mark(self, hit: re.Match[str]) -> str:
        name, _ = self._forms_of.get(hit[0], (NAMELESS, ""))
        return f"[secret {name}]"

    def unmarked(self, value: Any) -> Any:
        """The inverse of `marked`, in any process; marks of what is not known here are left."""
        self._compiled()
        return _mapped(
            value, lambda text: _MARK.sub(lambda hit: self._values.get(hit[1], hit[0]), text)
        )

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
                        name = variable(reference, kind)
                        self._forms_of.setdefault(form, (name, reference))
                        self._values.setdefault(name, form)
                longest_first = sorted(self._known, key=len, reverse=True)
                self._pattern = re.compile("|".join(re.escape(form) for form in longest_first))
                self._stale = False
        return self._pattern


def variable(reference: str, kind: str = "") -> str:
    """The name of the shell variable that stands for a secret, in one of its forms."""
    whole = f"{reference}#{kind}"
    return f"MPLAY_SECRET_{hashlib.sha256(whole.encode()).hexdigest()[:12]}"


def variables(reference: str) -> frozenset[str]:
    """The names of all forms of a secret."""
    return frozenset(variable(reference, kind) for kind in _KINDS)


def names_in(value: Any) -> frozenset[str]:
    """The names of variables, and of marks, in the texts of plain data."""
    return frozenset(name for text in _texts(value) for name in _NAMES.findall(text))


def has_marks(text: str) -> bool:
    """Whether a mark stands in a text: for a secret that is not known here."""
    return bool(_MARK.search(text))


def named_forms(secret: str) -> dict[str, str]:
    """The whole forms of a secret by name, each once."""
    seen: dict[str, str] = {}
    for name, form in _all_forms(secret).items():
        seen.setdefault(form, name)
    return {name: form for form, name in seen.items()}


def _all_forms(secret: str) -> dict[str, str]:
    raw = secret.encode("utf-8", "surrogateescape")
    return {
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
        "quoted": _quoted(secret),
        "quoted_twice": _quoted(_quoted(secret)),
        "escaped": _escaped(secret),
        "escaped_quotes": _escaped(secret).replace("'", "\\'"),
    }


def _escaped(text: str) -> str:
    """As Python writes it, without the quotes around it."""
    return "".join(one if one in "'\"" else repr(one)[1:-1] for one in text)


def _quoted(text: str) -> str:
    """As `shlex.quote` writes it, without the quotes around it."""
    return text.replace("'", "'\"'\"'")


_KINDS = tuple(_all_forms(""))


def _lines(secret: str) -> Iterator[str]:
    """The lines of a secret that is more than one line alone: it may be printed line by line."""
    return (line for line in secret.splitlines() if line != secret and len(line) >= SHORTEST)


def _forms(secret: str) -> Iterator[str]:
    raw = secret.encode("utf-8", "surrogateescape")
    yield from named_forms(secret).values()
    yield secret.replace("'", "'\\''")
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


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Plain data with each text in it, keys too, changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {_mapped(key, change): _mapped(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, change) for item in value]
    return value


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
