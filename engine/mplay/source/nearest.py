"""What a mistyped word was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like `word`, or '' where none is like it."""
    names = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower()[:80], names, n=1, cutoff=0.6)
    return names[found[0]] if found else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'state'?`` with its leading blank, or '' where nothing is near."""
    found = nearest(word, known)
    return f" Did you mean '{found}'?" if found else ""
