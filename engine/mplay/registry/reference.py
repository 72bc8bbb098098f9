"""What a module says of itself, from its docstring and fields: for the reference and terminals."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pydantic.fields import FieldInfo

from mplay.registry.calls import written_names
from mplay.sdk import Action, Check, Module, Question, State

_KINDS: Mapping[type[Module], str] = {
    State: "state",
    Action: "action",
    Check: "check",
    Question: "question",
}
_OURS = {
    "archive": "a local archive",
    "file": "a local file",
    "program": "a local program",
    "template": "a local template",
    "conditions": "expressions",
}
_TYPES = {
    "string": "text",
    "boolean": "yes or no",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of a docstring, on one line; an `example` is YAML of several lines."""

    text: str
    example: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument, by the name that is written most.

    `also`: other names for it; `choices`: the words that it takes, if only these; `default` is ''
    where none is worth telling; `free_form`: a plain text fills it.
    """

    name: str
    also: tuple[str, ...]
    holds: str
    choices: tuple[str, ...]
    required: bool
    default: str
    text: str
    free_form: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A module as people read of it. `refused`: arguments of `refused_of` that it has not, and why.

    `timeout` is in seconds, None for what has none; `uncut`: it is waited for, never killed.
    """

    name: str
    kind: str
    summary: str
    paragraphs: tuple[Paragraph, ...]
    arguments: tuple[Argument, ...]
    refused: Mapping[str, str]
    refused_of: str
    timeout: float | None
    uncut: bool


def reference(name: str, module: type[Module]) -> Reference:
    """What there is to say of a module."""
    summary, _, rest = (inspect.getdoc(module) or "").partition("\n")
    return Reference(
        name=name,
        kind=next(kind for base, kind in _KINDS.items() if issubclass(module, base)),
        summary=summary,
        paragraphs=tuple(_paragraphs(rest)),
        arguments=tuple(_arguments(module)),
        refused={name: _one_line(hint) for name, hint in module.REFUSED.items()},
        refused_of=module.REFUSED_OF,
        timeout=None if issubclass(module, Question) else module.TIMEOUT,
        uncut=module.UNCUT,
    )


def time(seconds: float) -> str:
    """A time limit for people: ``4 h``, ``5 min``, ``90 s``."""
    for unit, word in ((3600, "h"), (60, "min")):
        if seconds % unit == 0:
            return f"{seconds // unit:g} {word}"
    return f"{seconds:g} s"


def _paragraphs(text: str) -> Iterator[Paragraph]:
    """A docstring's paragraphs; what is indented is an example."""
    for part in re.split(r"\n\n+", text.strip("\n")):
        if part.startswith("    "):
            yield Paragraph(text=textwrap.dedent(part), example=True)
        elif part.strip() not in {"", "::"}:
            yield Paragraph(text=_one_line(part))


def _one_line(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def _arguments(module: type[Module]) -> Iterator[Argument]:
    """The arguments: what must be given first, else in the order of the source."""
    texts = descriptions(module)
    schema = module.model_json_schema(by_alias=True).get("properties", {})

    def order(item: tuple[str, FieldInfo]) -> tuple[bool, bool]:
        return not item[1].is_required(), item[0] != module.FREE_FORM

    for name, field in sorted(module.model_fields.items(), key=order):
        first, *others = written_names(name, field)
        held = _held(schema[first])
        yield Argument(
            name=first,
            also=tuple(others),
            holds=_holds(held),
            choices=tuple(str(choice) for choice in held.get("enum", ())),
            required=field.is_required(),
            default=_default(field),
            text=texts.get(name, ""),
            free_form=name == module.FREE_FORM,
        )


def _held(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a value that is given; None stands for one that is not."""
    while "anyOf" in schema:
        schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
    return {"enum": [schema["const"]]} if "const" in schema else schema


def _holds(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "a word"
    if kind := _OURS.get(schema.get("mplay", "")):
        return kind
    if schema.get("type") == "array":
        return f"a list: {_holds(_held(schema.get('items', {})))}"
    return _TYPES.get(schema.get("type", ""), "a value")


def _default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required() or value in ("", None, (), {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return json.dumps(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def descriptions(module: type[Module]) -> dict[str, str]:
    """The text below each field, of the module and of what it is made of."""
    found: dict[str, str] = {}
    for base in reversed(module.__mro__):
        if issubclass(base, Module) and base is not Module:
            found |= dict(_described(base))
    return found


def _described(owner: type) -> Iterator[tuple[str, str]]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))
    body: Sequence[ast.stmt] = next(n.body for n in ast.walk(tree) if isinstance(n, ast.ClassDef))
    for field, text in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            yield field.target.id, _one_line(str(text.value.value))
