"""The short form of arguments: ``service: name=nginx state=started``.

It is taken apart where it is read, not where it is rendered, so that a value that comes from a
variable stays one value, whatever it holds.
"""

from __future__ import annotations

from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text
from mplay.source import Map
from mplay.source.words import pairs


def by_name(text: str, module: str, where: Where) -> Map:
    """The arguments of a text by name; values are texts. UsageError at `where`."""
    try:
        found = pairs(text)
    except ValueError as error:
        raise UsageError(str(error), where=where) from error
    arguments = Map(where=where)
    end = 0
    for key, value in found:
        if value is None or not key:
            raise UsageError(
                f"'{key[:60] or '='}' is no argument of {module}",
                where=where,
                hint="write NAME=VALUE, or better a mapping",
            )
        at = max(text.find(value, end), 0)
        end = at + len(value)
        place = _place(text, where, at)
        name = Text(key, where)
        arguments[name] = Text(value, place)
        arguments.places[key] = place
    return arguments


def _place(text: str, where: Where, at: int) -> Where:
    """The place of a character of a text of one line; that of the text, where it has more."""
    if not where.line or "\n" in text:
        return where
    return Where(where.file, where.line, where.column + at)
