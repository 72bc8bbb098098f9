"""What went wrong in a template, as a located problem in our words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import TracebackType

from jinja2 import TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError, TemplateError

from mplay.model.errors import Problem, Where
from mplay.model.playbook import Text
from mplay.source import FoldedText, did_you_mean
from mplay.template.budget import TooMuch
from mplay.template.refused import of_variable
from mplay.template.sandbox import MissingName

FAULTS = (
    TemplateError,
    TooMuch,
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    SyntaxError,
)
"""What an expression may raise that is its writer's doing."""

_SAFE_TO_SHOW = (TooMuch, SecurityError, ValueError)
_PYTHON_WORDS = {"str": "text", "dict": "a mapping", "list": "a list", "NoneType": "nothing"}


def problem(error: Exception, text: str, where: Where | None, names: Iterable[str] = ()) -> Problem:
    """The problem that an error stands for; `names` are the variables that are there."""
    line = _line(error)
    word = ""
    hint = ""
    if isinstance(error, UndefinedError) and isinstance(error.args[0], MissingName):
        what, word = _missing(error.args[0], names), error.args[0].name
        hint = of_variable(word) if error.args[0].owner is None else ""
    elif isinstance(error, TemplateSyntaxError):
        what, hint = _syntax(error), getattr(error, "hint", "")
        word = next(iter(re.findall(r"'([^']+)'", what)), "")
    else:
        what, hint = _told(error), ""
    return Problem(what, _place(text, where, line, word), hint)


def _missing(message: MissingName, names: Iterable[str]) -> str:
    if message.owner is None:
        return f"{message}.{did_you_mean(message.name, names)}".removesuffix(".")
    if isinstance(message.owner, dict):
        return f"{message}.{did_you_mean(message.name, map(str, message.owner))}".removesuffix(".")
    return str(message)


def _syntax(error: TemplateSyntaxError) -> str:
    said = str(error.message or "it cannot be read").rstrip(".")
    if said.startswith(("there is no", "{%", "a recursive")):
        return said if said.endswith("?") else said + ("" if "'" in said else " of mplay")
    return f"not valid Jinja2: {said}"


def _told(error: Exception) -> str:
    if isinstance(error, RecursionError | MemoryError | SyntaxError):
        return "the expression is nested too deeply"
    if isinstance(error, ZeroDivisionError):
        return "the expression divides by zero"
    if isinstance(error, ArithmeticError):
        return "a number in the expression is out of range"
    if isinstance(error, TypeError):
        return f"the expression does not fit its values: {_plain_words(str(error))}"
    if isinstance(error, _SAFE_TO_SHOW) and str(error):
        return _plain_words(str(error))
    return f"the expression cannot be evaluated: {_plain_words(str(error))}"


def _plain_words(said: str) -> str:
    said = re.sub(r"\b_?\w+\.<locals>\.(\w+)\(\)", r"\1", said)
    for python, ours in _PYTHON_WORDS.items():
        said = re.sub(rf"'{python}'( object)?", ours, said)
    return said[:300]


def _line(error: Exception) -> int:
    """The line of the template that was at work, from 1."""
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    line = 1
    at: TracebackType | None = error.__traceback__
    while at is not None:
        template = at.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            line = template.get_corresponding_lineno(at.tb_lineno)
        at = at.tb_next
    return line


def _place(text: str, where: Where | None, line: int, word: str) -> Where | None:
    """The place of a word, or of the first expression, in a line of a text."""
    if where is None or not where.line or isinstance(text, FoldedText):
        return where
    lines = text.split("\n")
    line = min(max(line, 1), len(lines))
    for pattern in ([rf"(?<!\w){re.escape(word)}(?!\w)"] if word else []) + [r"\{[{%]"]:
        for number in (line, *range(1, len(lines) + 1)):
            if found := re.search(pattern, lines[number - 1]):
                return Where(where.file, where.line + number - 1, where.column + found.start())
    return Where(where.file, where.line + line - 1, where.column)


def where_of(text: str) -> Where | None:
    """Where a text was written, if it knows."""
    return text.where if isinstance(text, Text) else None
