"""Texts made safe to leave mplay: without known secrets, and with control characters shown."""

from __future__ import annotations

import unicodedata

from mplay.model.secrets import SHOWN
from mplay.model.secrets import Secrets as Redactor

__all__ = ["SHOWN", "Redactor", "escaped", "one_line"]

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
