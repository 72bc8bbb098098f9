r"""``key=value`` words as Ansible cuts them: blanks divide, save in quotes and in Jinja2.

Quotes are dropped only where they enclose a whole value: ``a='x y'`` is ``x y``, but ``a='x'y`` is
``'x'y``. A backslash escapes as in Python; ``\=`` is an equals sign that divides nothing.
"""

from __future__ import annotations

import re

_BLOCKS = (("{{", "}}"), ("{%", "%}"), ("{#", "#}"))
_ESCAPE = re.compile(
    r"\\(?:U[0-9a-fA-F]{8}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|N\{[^}]+\}|[\\'\"abfnrtv])"
)
_EQUALS = re.compile(r"(?<=.)(?<!\\)=", re.DOTALL)


def pairs(text: str) -> list[tuple[str, str | None]]:
    """The words of a text in order, each with its value; None where it has none.

    ValueError where a quote or a Jinja2 block is not closed, or where an escape is no character.
    """
    return [_pair(word) for word in split(text) if word.strip()]


def split(text: str) -> list[str]:
    """The words, quotes and escapes still in them. ValueError as for `pairs`."""
    cutting = _Cutting()
    lines = text.split("\n")
    for number, line in enumerate(lines):
        cutting.line(line, last=number == len(lines) - 1)
    if cutting.quote:
        raise ValueError("a quote is not closed")
    if any(cutting.depths):
        raise ValueError("a Jinja2 block is not closed")
    return cutting.words


class _Cutting:
    """The words so far, and the quote and the Jinja2 blocks that are open."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.quote = ""
        self.depths = [0] * len(_BLOCKS)

    def line(self, line: str, *, last: bool) -> None:
        """Cut a line; the break after it belongs to the word before, as blanks do."""
        continued = False
        for number, piece in enumerate(line.split(" ")):
            if number and not piece:
                self._lengthen(" ")
            elif piece == "\\" and not self.quote:
                continued = True
            else:
                self._take(piece, " " if number else "")
        if not last and not continued:
            self._lengthen("\n")

    def _take(self, piece: str, blank: str) -> None:
        if self.quote or any(self.depths):
            self.words[-1] += blank + piece
        elif piece:
            self.words.append(piece)
        self.quote = _quote_after(piece, self.quote)
        for index, (opening, closing) in enumerate(_BLOCKS):
            deeper = piece.count(opening) - piece.count(closing)
            self.depths[index] = max(self.depths[index] + deeper, 0)

    def _lengthen(self, blank: str) -> None:
        if not self.words:
            self.words.append("")
        self.words[-1] += blank


def _quote_after(piece: str, quote: str) -> str:
    """The quote that is open after a piece."""
    for before, character in zip(f" {piece}", piece, strict=False):
        if character in "\"'" and before != "\\" and quote in {"", character}:
            quote = "" if quote else character
    return quote


def _pair(word: str) -> tuple[str, str | None]:
    try:
        word = _ESCAPE.sub(lambda found: found[0].encode().decode("unicode_escape"), word)
    except UnicodeDecodeError as error:
        raise ValueError(f"an escape in '{word[:60]}' is no character") from error
    parts = _EQUALS.split(word, maxsplit=1)
    return parts[0].strip(), _unquoted(parts[1].strip()) if len(parts) > 1 else None


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted and value[-2] != "\\" else value
