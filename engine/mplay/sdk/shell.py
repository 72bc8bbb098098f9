"""Building shell: named holes are quoted, everything else is the shell's own."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from mplay.model.change import Script

_HOLE = re.compile(r"(?<!\$)\{([a-z_][a-z0-9_]*)\}")


def sh(template: str, **words: object) -> Script:
    """Fill each ``{name}`` with a shell-quoted word; an iterable becomes several words.

    The shell's own ``${name}``, ``{ list; }`` and ``{}`` are left alone. KeyError for a hole that
    has no word, ValueError for a word that has a NUL or fills no hole.
    """
    used = set()

    def quoted(hole: re.Match[str]) -> str:
        used.add(hole[1])
        word = words[hole[1]]
        if isinstance(word, Iterable) and not isinstance(word, str | bytes):
            return shlex.join(str(w) for w in word)
        return shlex.quote(str(word))

    script = _HOLE.sub(quoted, template)
    if "\0" in script:
        raise ValueError("a shell word cannot hold a NUL")
    if unused := set(words) - used:
        raise ValueError(f"no hole for {', '.join(sorted(unused))}")
    return script


def lines(*parts: Script) -> Script:
    """Join fragments, one per line, leaving the empty ones out."""
    return "\n".join(part for part in parts if part)
