"""``mplay modules``: the modules that playbooks here can call, and the reference of each."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mplay.cli import options
from mplay.model.errors import UsageError

if TYPE_CHECKING:
    from mplay.registry import Reference, Registry
    from mplay.registry.reference import Argument
    from mplay.report.table import Cell
    from mplay.report.writer import Styled, Writer

_WIDEST = 100


@click.command()
@options.examples("mplay modules", "mplay modules apt", "mplay modules apt --format json")
@click.argument("name", required=False, default="")
@options.config
@options.output_format
def modules(name: str, config_file: Path | None, form: str) -> None:
    """List the modules that playbooks can call, or show all there is to know about one.

    Those of the project's own folder `modules/` come first where two have one name.
    """
    from mplay.cli.output import to_stdout
    from mplay.registry import Registry

    registry = Registry(options.find_config(config_file).root / "modules")
    writer = to_stdout()
    if name:
        told = _told(registry, name)
        if form == "text":
            _write(writer, told)
        else:
            writer.document(_document(told))
        return
    listed = [_told(registry, one) for one in registry.names()]
    if form == "text":
        _table(writer, listed)
    else:
        summaries = [{"name": o.name, "kind": o.kind, "summary": o.summary} for o in listed]
        writer.document({"modules": summaries})


def _told(registry: Registry, name: str) -> Reference:
    """What a module says of itself. UsageError with the nearest name for one that is not there."""
    from mplay.registry import reference
    from mplay.registry.registry import ANSIBLE
    from mplay.source import did_you_mean
    from mplay.spec.keys import MODULES_LATER

    plain = name.removeprefix(ANSIBLE)
    found = registry.find(plain)
    if found is not None:
        return reference(plain, found)
    if plain in MODULES_LATER:
        raise UsageError(f"the module {plain!r} is not in this version of mplay")
    near = did_you_mean(plain, registry.names())
    raise UsageError(f"there is no module {name!r}.{near}", hint="`mplay modules` lists all.")


def _table(writer: Writer, listed: list[Reference]) -> None:
    from mplay.report.table import write_table

    rows: list[list[Cell]] = [[one.name, one.kind, one.summary] for one in listed]
    write_table(writer, ["module", "kind", "what it is for"], rows)


def _document(told: Reference) -> dict[str, Any]:
    return {
        "name": told.name,
        "kind": told.kind,
        "summary": told.summary,
        "text": [one.text for one in told.paragraphs if not one.example],
        "examples": [one.text for one in told.paragraphs if one.example],
        "arguments": [asdict(argument) for argument in told.arguments],
        "refused": dict(told.refused),
        "timeout": told.timeout,
        "uncut": told.uncut,
    }


def _write(writer: Writer, told: Reference) -> None:
    from mplay.report.writer import Styled

    writer.line(Styled(told.name, "strong"), f"  {told.kind}")
    _paragraph(writer, told.summary, "    ")
    for paragraph in told.paragraphs:
        writer.line("")
        if paragraph.example:
            writer.line(Styled(textwrap.indent(paragraph.text, "        "), "added"))
        else:
            _paragraph(writer, paragraph.text, "    ")
    writer.line("")
    writer.line(Styled("arguments", "strong"))
    for argument in told.arguments:
        writer.line("    ", *_heading(argument))
        _paragraph(writer, argument.text, "        ")
    _refused(writer, told)
    _limits(writer, told)


def _heading(argument: Argument) -> Iterator[str | Styled]:
    """``name  text  default: x``, and its other names."""
    from mplay.report.writer import Styled

    yield Styled(argument.name, "place")
    yield f"  {' | '.join(argument.choices) or argument.holds}"
    if argument.required:
        yield Styled("  must be given", "changed")
    if argument.default:
        yield f"  default: {argument.default}"
    if argument.free_form:
        yield "  the short form"
    if argument.also:
        yield f"  also called {', '.join(argument.also)}"


def _refused(writer: Writer, told: Reference) -> None:
    from mplay.report.writer import Styled

    if told.refused:
        writer.line("")
        writer.line(Styled(f"not taken from {told.refused_of}", "strong"))
        for name, hint in told.refused.items():
            _paragraph(writer, f"{name}: {hint}", "    ")


def _limits(writer: Writer, told: Reference) -> None:
    from mplay.registry.reference import time

    if told.timeout is not None:
        cut = "waited for, never cut" if told.uncut else "cut"
        writer.line("")
        text = f"Past {time(told.timeout)} it is {cut}, unless the step's `timeout` says otherwise."
        _paragraph(writer, text, "    ")


def _paragraph(writer: Writer, text: str, indent: str) -> None:
    width = max(40, min(_WIDEST, shutil.get_terminal_size().columns))
    for line in textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        writer.line(line)
