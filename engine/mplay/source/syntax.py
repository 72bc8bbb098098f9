"""What a YAML parser objects to, in words that say what to do."""

from __future__ import annotations

import yaml

from mplay.model.errors import Problem, Where

_KNOWN = {
    "mapping values are not allowed": (
        "a ':' stands where no key can be",
        "look for a missing line break, a wrong indentation, or text that needs quotes",
    ),
    "did not find expected '-'": (
        "the list that began above is broken off here",
        "mend the indentation",
    ),
    "did not find expected key": (
        "this line fits neither the mapping above nor a new key",
        "mend the indentation or the quotes",
    ),
    "did not find expected ',' or": ("a bracket is not closed, or a comma is missing", ""),
    "did not find expected node content": ("a value is missing before this place", ""),
    "found unexpected end of stream": ("a quote is not closed", ""),
    "could not find expected ':'": ("a ':' is missing after a key", ""),
    "found unknown escape character": (
        "this backslash escape is unknown",
        "use single quotes, in which a backslash is a backslash",
    ),
    "found undefined tag handle": ("a tag is not allowed", "a file holds plain data only"),
    "found incompatible YAML": ("this version of YAML is not known", "YAML 1.1 is"),
}


def problem(error: yaml.YAMLError, name: str, lines: list[str]) -> Problem:
    """The problem that a parser's error stands for, in our words, at its place."""
    mark = getattr(error, "problem_mark", None)
    said = str(getattr(error, "problem", None) or "it cannot be read")
    if mark is None:
        return Problem("this is not valid YAML", Where(name))
    where = Where(name, mark.line + 1, mark.column + 1)
    if "cannot start any token" in said:
        return _bad_start(where, lines)
    if "tab" in said:
        return _tab(where)
    for known, (what, hint) in _KNOWN.items():
        if said.startswith(known):
            return Problem(f"not valid YAML: {what}", _opening(error, where, name), hint)
    return Problem(f"not valid YAML: {said}", where)


def _opening(error: yaml.YAMLError, where: Where, name: str) -> Where:
    """An unclosed quote is best shown where it opens."""
    context = getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", ""))
    if context is None or "end of stream" not in said:
        return where
    return Where(name, context.line + 1, context.column + 1)


def _bad_start(where: Where, lines: list[str]) -> Problem:
    line = lines[where.line - 1] if where.line <= len(lines) else ""
    mark = line[where.column - 1 : where.column]
    if mark == "\t":
        return _tab(where)
    what = f"not valid YAML: a value cannot begin with '{mark}'"
    return Problem(what, where, "put the value in quotes")


def _tab(where: Where) -> Problem:
    return Problem("not valid YAML: a tab cannot indent", where, "use spaces")
