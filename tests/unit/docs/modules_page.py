"""docs/reference/modules.md, made from the modules' docstrings and fields.

Write it anew after a change of a module: ``.venv/bin/python -m tests.unit.docs.modules_page``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mplay.registry import Reference, Registry, reference
from mplay.registry.reference import Argument, Paragraph, time

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


def page(registry: Registry) -> str:
    """The whole page."""
    names = registry.names()
    index = " ".join(f"[{name}](#{name})" for name in names)
    sections = [
        _section(reference(name, found)) for name in names if (found := registry.find(name))
    ]
    return "\n".join([_HEAD, index, "", *sections])


def _section(told: Reference) -> str:
    summary = f"*{told.kind.capitalize()}.* {told.summary}"
    parts = [f"## {told.name}", "", summary, *_told(told.paragraphs), "", *_table(told.arguments)]
    parts += [*_limits(told), *_refused(told), ""]
    return "\n".join(parts)


def _told(paragraphs: tuple[Paragraph, ...]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield ""
        yield f"```yaml\n{paragraph.text}\n```" if paragraph.example else paragraph.text


def _table(arguments: tuple[Argument, ...]) -> Iterator[str]:
    yield "| argument | holds | default | |"
    yield "|---|---|---|---|"
    for argument in arguments:
        cells = [_code(argument.name), _holds(argument), _default(argument), _text(argument)]
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _holds(argument: Argument) -> str:
    return " ".join(map(_code, argument.choices)) or argument.holds


def _default(argument: Argument) -> str:
    if argument.required:
        return "*must be given*"
    return _code(argument.default) if argument.default else ""


def _text(argument: Argument) -> str:
    text = argument.text
    if more := [_code(other) for other in argument.also if _code(other) not in text]:
        text += f" Also called {' '.join(more)}."
    return text + (" The short form." if argument.free_form else "")


def _code(value: str) -> str:
    return f"`{value}`"


def _limits(told: Reference) -> Iterator[str]:
    if told.timeout is not None:
        cut = "waited for, never cut" if told.uncut else "cut"
        yield ""
        yield f"Past {time(told.timeout)} it is {cut}, unless the step's `timeout` says otherwise."


def _refused(told: Reference) -> Iterator[str]:
    """Arguments that are refused, Ansible's for the most part, and what to do instead."""
    if told.refused:
        yield ""
        yield f"Not taken from {told.refused_of}:"
        yield ""
        yield from (f"- `{name}`: {hint}" for name, hint in told.refused.items())


if __name__ == "__main__":
    PAGE.write_text(page(Registry()), "utf-8")
