"""Options that several commands share, with Ansible's names where Ansible has them."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from mplay.model.errors import UsageError

if TYPE_CHECKING:
    from mplay.config import Config
    from mplay.journal import Journal

Command = TypeVar("Command", bound=Callable[..., Any])
Option = Callable[[Command], Command]


def together(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order of the help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def as_one(name: str, kind: type[Any]) -> Callable[[Command], Command]:
    """The options named like the fields of a dataclass as one argument of the command."""
    parts = [field.name for field in fields(kind)]

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def called(**given: Any) -> Any:
            one = kind(**{part: given.pop(part) for part in parts})
            return command(**{name: one}, **given)

        return cast("Command", called)

    return decorate


def examples(*lines: str) -> Callable[[Command], Command]:
    """Examples at the end of a command's help; to stand directly below ``@click.command()``."""

    def decorate(command: Command) -> Command:
        # The control character is click's mark for a paragraph that is not to be wrapped.
        shown = "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
        command.__doc__ = f"{inspect.getdoc(command)}\n\n{shown}"
        return command

    return decorate


def later(*names: str, value: bool = True) -> Callable[[Command], Command]:
    """An option that is known and refused: its engine comes with a later version."""

    def refuse(_: click.Context, parameter: click.Parameter, given: object) -> None:
        if given not in (None, False, ()):
            raise UsageError(f"{'/'.join(parameter.opts)} is not in this version")

    return click.option(*names, hidden=True, expose_value=False, is_flag=not value, callback=refuse)


def refusing(name: str, list_of_all: str) -> click.Command:
    """A command that is known and refused, whatever its arguments are."""

    def refuse() -> None:
        raise UsageError(f"{name} is not in this version", hint=f"`{list_of_all}` lists all.")

    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(
        name.rpartition(" ")[2],
        callback=refuse,
        context_settings=settings,
        add_help_option=False,
        hidden=True,
    )


def confirm(question: str, *, unasked: str, hint: str) -> None:
    """Go on after a person's yes. UsageError after a no, and `unasked` where nobody is there."""
    if not sys.stdin.isatty():
        raise UsageError(unasked, hint=hint)
    if not click.confirm(question, err=True):
        raise UsageError("the answer was no: nothing was done")


def _form(_: click.Context, __: click.Parameter, value: str) -> str:
    if value == "ndjson":
        raise UsageError(
            "--format ndjson is for what happens bit by bit; this command has one document",
            hint="Use --format json.",
        )
    return value


output_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "ndjson"]),
    default="text",
    show_default=True,
    metavar="text|json",
    callback=_form,
    help="Text for people, or JSON.",
)
stream_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "ndjson"]),
    default="text",
    show_default=True,
    metavar="text|json|ndjson",
    help="Text for people, JSON at the end, or a JSON object a line as things happen.",
)
config = click.option(
    "-c",
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="mplay.toml; else the nearest one from here upward.",
)
journal = click.option(
    "--journal",
    "journal_place",
    metavar="PATH",
    default="",
    help="The journal; else that of the project.",
)
inventory = click.option(
    "-i",
    "--inventory",
    "inventories",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="An inventory file or folder; may be given several times.",
)
limit = click.option(
    "-l", "--limit", metavar="PATTERN", default="", help="Only these hosts and groups."
)
extra_vars = click.option(
    "-e",
    "--extra-vars",
    "extra_vars",
    multiple=True,
    metavar="K=V|JSON|@FILE",
    help="Variables that win over all others.",
)
playbook_dir = click.option(
    "--playbook-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where a playbook would lie, with group_vars and host_vars beside it; else here.",
)
dry_run = click.option(
    "-C",
    "--check",
    "--dry-run",
    "dry_run",
    is_flag=True,
    help="Say what would happen; nothing is written on any host.",
)
diff = click.option("-D", "--diff", is_flag=True, help="Show changes of content.")
forks = click.option(
    "-f",
    "--forks",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most N hosts at a time.",
)
user = click.option("-u", "--user", metavar="NAME", default="", help="Log in as this user.")
become = click.option("-b", "--become", is_flag=True, help="Run steps as root, by sudo.")
ask_become_pass = click.option(
    "-K", "--ask-become-pass", "ask_become_pass", is_flag=True, help="Ask for sudo's password."
)
verbose = click.option(
    "-v",
    "--verbose",
    count=True,
    help="Also show what tasks print; -vv: what begins; -vvv: facts and shell.",
)

of_project = together(config, journal, output_format)
"""Which project, which journal, which output."""
of_run = together(config, journal, stream_format)
"""The same for commands whose output may be a stream."""
of_hosts = together(inventory, limit, extra_vars)
"""Which hosts, and their variables."""
of_connection = together(user, become, ask_become_pass, forks)
"""How hosts are reached."""


def find_config(config_file: Path | None) -> Config:
    """The settings of the project here, or those of a file. UsageError."""
    from mplay.config import load_config

    return load_config(Path.cwd(), config_file)


def journal_place_of(settings: Config, journal_place: str) -> str:
    """The journal that is named, else that of mplay.toml, else the default one."""
    from mplay.config import default_journal

    known = journal_place or settings.journal_url
    return known or str(default_journal(settings.project, os.environ))


def open_journal(config_file: Path | None, journal_place: str, *, create: bool = False) -> Journal:
    """The journal of the project here. UsageError where there is none and none is to be made."""
    from mplay.journal import Journal

    place = journal_place_of(find_config(config_file), journal_place)
    return Journal.open(place, create=create)
