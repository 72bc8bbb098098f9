"""Values of INI files: a Python literal where the text is one, else the text itself."""

from __future__ import annotations

import ast
import math
import warnings
from typing import Any

from mplay.model.errors import Where
from mplay.model.playbook import Text


def ini_value(text: str, where: Where) -> Any:
    """A value as Ansible reads it. ValueError for a mapping whose keys are no texts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        value = text
    return _plain(text if _is_endless(value) else value, where)


def _plain(value: Any, where: Where) -> Any:
    """The literal with what JSON and YAML do not have turned into what they have."""
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("a key of a mapping must be text: put it in quotes")
        return {Text(key, where): _plain(item, where) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item, where) for item in value]
    if isinstance(value, bytes):
        # Ansible does not take it for a template, and plain text is none here either.
        return value.decode("utf-8", "backslashreplace")
    if value is ...:
        return Text("...", where)
    return Text(str(value), where) if isinstance(value, str | complex) else value


def _is_endless(value: Any) -> bool:
    """Whether there is a number beyond all numbers in it, such as 1e999: then it is a text."""
    if isinstance(value, dict):
        return any(_is_endless(item) for item in value.values())
    if isinstance(value, list | tuple | set):
        return any(_is_endless(item) for item in value)
    return isinstance(value, float) and not math.isfinite(value)
