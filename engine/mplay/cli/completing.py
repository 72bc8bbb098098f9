"""Answers a shell that completes a command line: hosts, steps, runs and modules of the project.

The shell calls ``mplay`` with ``_MPLAY_COMPLETE`` set, at every press of a key: so nothing heavy is
imported, no host is asked, the journal is only looked at, and whatever goes wrong is an answer
without words.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    split_arg_string,
)

from mplay.cli import words

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    _AnyType = click.ParamType[Any]
else:  # older versions of click have one that takes no type
    _AnyType = click.ParamType

VARIABLE = "_MPLAY_COMPLETE"
PROGRAM = "mplay"

_HOSTS, _RUNS, _MODULES = words.patterns, words.runs, words.modules
_OF_BOOK, _OF_RUN = words.steps_of_playbook, words.steps_of_run

Source = Callable[[Mapping[str, Any], str], Iterable[words.Word]]

SOURCES: Mapping[tuple[str, str], Source] = {
    ("", "limit"): _HOSTS,
    ("", "pattern"): _HOSTS,
    ("", "host"): words.hosts,
    ("", "hosts"): words.hosts,
    ("trust", "name"): words.hosts,
    ("vars", "name"): words.hosts,
    ("graph", "group"): words.groups,
    ("", "run"): _RUNS,
    ("show", "step"): _OF_RUN,
    ("rollback", "step"): _OF_RUN,
    ("", "only"): _OF_BOOK,
    ("", "start"): _OF_BOOK,
    ("", "assume_done"): _OF_BOOK,
    ("", "tags"): words.tags,
    ("", "skip_tags"): words.tags,
    ("modules", "name"): _MODULES,
    ("do", "module"): _MODULES,
    ("do", "words"): words.doing,
}
"""Who knows the words of a parameter, by command ('' for any) and by the parameter's name."""


class _Known(_AnyType):
    """A type that takes any text, and knows words for it."""

    name = "text"

    def __init__(self, was: _AnyType, source: Source, given: Mapping[str, Any]) -> None:
        self._was = was
        self._source = source
        self._given = given

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As the type did that it stands for."""
        return self._was.convert(value, param, ctx)

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 click's signature
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """The words that fit what is there so far."""
        found = self._source(
            {**self._given, **{k: v for k, v in ctx.params.items() if v is not None}}, incomplete
        )
        return [
            CompletionItem(word.text, help=_plain(word.help) or None)
            for word in found
            if word.text.startswith(incomplete) and word.text.isprintable()
        ]


def _plain(text: str) -> str:
    """A line without anything that a terminal, or the protocol with the shell, takes for more."""
    return "".join(c if c.isprintable() else " " for c in text)


def prepare(command: click.Command, given: Mapping[str, Any]) -> None:
    """Give the parameters of a command, and of those below it, the words of `SOURCES`."""
    for param in command.params:
        source = SOURCES.get((command.name or "", param.name or "")) or SOURCES.get(
            ("", param.name or "")
        )
        if source:
            param.type = _Known(param.type, source, given)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            prepare(inner, given)


class _Quiet(ShellComplete):
    """Completion that answers with nothing where anything is wrong, and says nothing else."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """The words for what is incomplete."""
        with contextlib.redirect_stderr(io.StringIO()):
            try:
                if args and isinstance(self.cli, click.Group):
                    command = self.cli.get_command(click.Context(self.cli), args[0])
                    if command is not None:
                        prepare(command, _given(command, args[1:]))
                return super().get_completions(args, incomplete)
            except Exception:  # noqa: BLE001 half a command line is wrong in every way there is
                return []


def _given(command: click.Command, args: list[str]) -> Mapping[str, Any]:
    """The parameters so far; click forgets all where the last word is an option without value."""
    whole = args[:-1] if args and args[-1].startswith("-") else args
    parsed = command.make_context(command.name, list(whole), resilient_parsing=True).params
    return {name: value for name, value in parsed.items() if value is not None}


class Bash(_Quiet, BashComplete):
    """For bash, which cuts words at colons and equal signs: the whole line is looked at instead."""

    def source(self) -> str:
        """The script, which is a file beside this one."""
        return Path(__file__).with_name("completion.bash").read_text("utf-8")

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor, and the one that it is in."""
        line = os.environ["COMP_LINE"]
        cut = split_arg_string(line)
        inside = bool(cut) and not line[-1:].isspace()
        return (cut[1:-1], cut[-1]) if inside and len(cut) > 1 else (cut[1:], "")


class Zsh(_Quiet, ZshComplete):
    """For zsh."""


class Fish(_Quiet, FishComplete):
    """For fish; a word may hold a comma."""

    source_template = FishComplete.source_template.replace("split ", "split --max 1 ")


SHELLS: Mapping[str, type[ShellComplete]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def script(cli: click.Command, shell: str) -> str:
    """What a shell has to read once, so that it asks mplay."""
    return SHELLS[shell](cli, {}, PROGRAM, VARIABLE).source()


def answer(cli: click.Command, instruction: str) -> int:
    """Do what the variable of the environment says: ``bash_complete``, ``zsh_source``."""
    shell, _, wish = instruction.partition("_")
    if shell not in SHELLS or wish not in {"source", "complete"}:
        return 2
    context: MutableMapping[str, Any] = {}
    made = SHELLS[shell](cli, context, PROGRAM, VARIABLE)
    click.echo(made.source() if wish == "source" else f"{made.complete()}\n", nl=False)
    return 0
