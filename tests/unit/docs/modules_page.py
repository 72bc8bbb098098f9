"""docs/reference/modules.md, made from the modules' docstrings and fields.

Write it anew after a change of a module: ``.venv/bin/python -m tests.unit.docs.modules_page``.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import AliasChoices
from pydantic.fields import FieldInfo

from mplay.registry import Registry
from mplay.sdk import Action, Check, Module, Question, State

PAGE = Path(__file__).parents[3] / "docs/reference/modules.md"

_HEAD = """\
# The modules

Made from the modules' own docstrings and fields, and not to be edited; to make it anew:
`.venv/bin/python -m tests.unit.docs.modules_page`.

Names of modules and arguments are Ansible's where Ansible has the same thing; a leading
`ansible.builtin.` is accepted. An argument that is not listed is an error. Text is rendered by
Jinja2 before the module sees it.

A *state* runs only where something is to be done, is verified, and is undone by bringing back what
was there before. A *check* asks and never changes. A *question* is for a person.
"""

_KINDS: Mapping[type[Module], str] = {
    State: "state",
    Action: "action",
    Check: "check",
    Question: "question",
}


def page(registry: Registry) -> str:
    """The whole page."""
    names = registry.names()
    index = " ".join(f"[{name}](#{name})" for name in names)
    sections = [_section(name, found) for name in names if (found := registry.find(name))]
    return "\n".join([_HEAD, index, "", *sections])


def _section(name: str, module: type[Module]) -> str:
    summary, _, rest = (inspect.getdoc(module) or "").partition("\n")
    parts = [f"## {name}", "", f"*{_kind(module)}* {summary}", *_told(rest), "", *_table(module)]
    parts += [*_limits(module), *_refused(module), ""]
    return "\n".join(parts)


def _kind(module: type[Module]) -> str:
    return (
        next(name for base, name in _KINDS.items() if issubclass(module, base)).capitalize() + "."
    )


def _told(text: str) -> Iterator[str]:
    """A docstring's paragraphs; what is indented is an example."""
    for part in re.split(r"\n\n+", text.strip("\n")):
        if part.strip() == "::":
            continue
        yield ""
        yield f"```yaml\n{textwrap.dedent(part)}\n```" if part.startswith("    ") else _inline(part)


def _inline(text: str) -> str:
    """One line of Markdown of one paragraph of a docstring."""
    return " ".join(text.replace("``", "`").split())


def _table(module: type[Module]) -> Iterator[str]:
    texts = _descriptions(module)
    schema = module.model_json_schema(by_alias=True)["properties"]
    yield "| argument | holds | default | |"
    yield "|---|---|---|---|"
    for name, field in _sorted(module):
        first, *others = _names(name, field)
        text = texts[name]
        if more := [_code(other) for other in others if _code(other) not in text]:
            text += f" Also called {' '.join(more)}."
        free = " The short form." if name == module.FREE_FORM else ""
        cells = [_code(first), _holds(schema[first]), _default(field), text + free]
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _sorted(module: type[Module]) -> list[tuple[str, FieldInfo]]:
    """The arguments: what must be given first, else in the order of the source."""
    fields = module.model_fields.items()
    return sorted(fields, key=lambda item: not item[1].is_required())


def _names(name: str, field: FieldInfo) -> list[str]:
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return [choice for choice in alias.choices if isinstance(choice, str)]
    return [alias if isinstance(alias, str) else name]


def _holds(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return _holds(next(one for one in schema["anyOf"] if one.get("type") != "null"))
    if "enum" in schema:
        return " ".join(_code(value) for value in schema["enum"])
    if kind := _OURS.get(schema.get("mplay", "")):
        return kind
    if schema["type"] == "array":
        return f"a list: {_holds(schema['items'])}"
    return _TYPES[schema["type"]]


_OURS = {"file": "a local file", "template": "a local template", "conditions": "expressions"}
_TYPES = {
    "string": "text",
    "boolean": "yes or no",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
}


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*must be given*"
    value = field.default
    if value in ("", None, (), {}):
        return ""
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    if isinstance(value, tuple):
        return _code(json.dumps(value))
    return _code(f"{value:g}" if isinstance(value, float) else value)


def _code(value: object) -> str:
    return f"`{value}`"


def _limits(module: type[Module]) -> Iterator[str]:
    if not issubclass(module, Question):
        cut = "waited for, never cut" if module.UNCUT else "cut"
        time = _time(module.TIMEOUT)
        yield ""
        yield f"Past {time} it is {cut}, unless the step's `timeout` says otherwise."


def _time(seconds: float) -> str:
    for unit, word in ((3600, "h"), (60, "min")):
        if seconds % unit == 0:
            return f"{seconds // unit:g} {word}"
    return f"{seconds:g} s"


def _refused(module: type[Module]) -> Iterator[str]:
    """Ansible's arguments that are refused, and what to do instead."""
    if module.REFUSED:
        yield ""
        yield "Not taken from Ansible:"
        yield ""
        yield from (f"- `{name}`: {_inline(hint)}" for name, hint in module.REFUSED.items())


def _descriptions(module: type[Module]) -> dict[str, str]:
    """The text below each field, of the module and of what it is made of."""
    found: dict[str, str] = {}
    for base in reversed(module.__mro__):
        if issubclass(base, Module) and base is not Module:
            found |= dict(_described(base))
    return found


def _described(owner: type) -> Iterator[tuple[str, str]]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))
    body = next(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    for field, text in pairwise(body):
        named = isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if named and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            assert isinstance(field, ast.AnnAssign)
            assert isinstance(field.target, ast.Name)
            yield field.target.id, _inline(str(text.value.value))


if __name__ == "__main__":
    PAGE.write_text(page(Registry()), "utf-8")
