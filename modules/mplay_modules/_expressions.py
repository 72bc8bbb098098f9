"""Arguments that are one line, or a regular expression for lines."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator


def _expression(pattern: str) -> str:
    if not pattern:
        raise ValueError("must not be empty: it would match every line")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return _one_line(pattern)


def _one_line(text: str) -> str:
    if "\n" in text or "\0" in text:
        raise ValueError("must be one line")
    return text


Expression = Annotated[str, AfterValidator(_expression)]
"""A regular expression that Python and perl understand alike."""
Line = Annotated[str, AfterValidator(_one_line)]
"""A text without an end of a line."""
