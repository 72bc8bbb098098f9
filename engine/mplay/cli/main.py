"""The command ``mplay``: finds a subcommand, runs it, and turns what goes wrong into words.

Subcommands are imported when they are called, so that `mplay --help` needs click only.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from mplay.cli import ansible, options
from mplay.model.errors import MplayError
from mplay.model.secrets import Secrets

COMMANDS: Mapping[str, tuple[str, str]] = {
    "apply": ("mplay.cli.apply:apply", "Do a playbook: every step verified, the way back kept."),
    "do": ("mplay.cli.do:do", "Do one thing on some hosts: a run of one module call."),
    "plan": ("mplay.cli.plan:plan", "Show what a playbook would run, and its digests."),
    "rollback": ("mplay.cli.rollback:rollback", "Undo a run, now or next week."),
    "resume": ("mplay.cli.resume:resume", "Go on with a run that stopped."),
    "runs": ("mplay.cli.runs:runs", "List the runs, newest first."),
    "show": ("mplay.cli.show:show", "Show a run, one of its steps, or how to undo it by hand."),
    "unlock": ("mplay.cli.unlock:unlock", "Take hosts away from a run that cannot go on."),
    "lint": ("mplay.cli.lint:lint", "Say all that is wrong with playbooks."),
    "inventory": ("mplay.cli.inventory:inventory", "Show hosts, groups and variables."),
    "init": ("mplay.cli.init:init", "Make a project, a playbook or a module to begin with."),
    "config": ("mplay.cli.config:config", "Show every setting, and where it comes from."),
    "modules": ("mplay.cli.modules:modules", "List the modules, or show all about one."),
    "schema": ("mplay.cli.schema:schema", "Print a JSON Schema of playbooks, for editors."),
    "completion": ("mplay.cli.completion:completion", "Let bash, zsh or fish complete commands."),
    "journal": ("mplay.cli.journal:journal", "Check the journal, or rebuild its tables."),
    "lab": ("mplay.cli.lab:lab", "Throwaway Debian hosts on this machine, to try things on."),
}
"""Name of a subcommand: where it is, and its line in the help."""

LATER = frozenset(
    {
        *("release", "stop", "pause", "owed", "drill", "announce"),
        *("calendar", "confirm", "approve", "observe", "note", "feedback", "kpi", "report"),
        *("tick", "recover", "abandon"),
    }
)
"""Commands of the design that this version does not have yet."""

_EPILOG = """\b
mplay apply playbooks/monthly.yml --limit staging --dry-run    what would happen
mplay apply playbooks/monthly.yml --limit staging              do it
mplay rollback last                                            undo it

RUN is an id, the start of one that fits no other, or `last`.
"""


class Lazy(click.Group):
    """A group whose members are imported when they are asked for by name."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand; one of a later version is a command that refuses."""
        if cmd_name in LATER:
            return options.refusing(f"mplay {cmd_name}", "mplay --help")
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]} is no command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names, or the nearest name in the error."""
        known = [*COMMANDS, *LATER]
        if args and args[0] not in known and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], known, n=1)
            advice = f" Did you mean {near[0]!r}?" if near else ""
            if args[0] in ansible.PROGRAMS:
                advice = f" {ansible.PROGRAMS[args[0]]}"
            raise click.UsageError(f"There is no command {args[0]!r}.{advice}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Names of commands from the table, and options; no command is imported for that."""
        from click.shell_completion import CompletionItem

        named = [
            (name, line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)
        ]
        options_of_all = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=line) for name, line in named), *options_of_all]

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, from the table: importing every command would take a second."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"mplay {version('mplay')}")
        ctx.exit(0)


@click.command(
    cls=Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Maintenance work on servers as playbooks: ordered, verified, resumable, undoable."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``mplay`` with these arguments, or those of the process; the exit code."""
    _survive_any_text()
    if wish := os.environ.get("_MPLAY_COMPLETE"):
        from mplay.cli.completing import answer

        return _flushed(answer(cli, wish))
    secrets = Secrets()
    code = _run(arguments, secrets)
    return _flushed(code)


def _run(arguments: Sequence[str] | None, secrets: Secrets) -> int:
    stdout = sys.stdout
    try:
        result: Any = cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="mplay",
            standalone_mode=False,
            obj=secrets,
        )
    except MplayError as error:
        _say(str(error), secrets)
        return error.exit_code
    except click.ClickException as error:
        if isinstance(error, click.NoSuchOption) and error.option_name in ansible.FLAGS:
            _say(ansible.refusal(error.option_name), secrets)
            return error.exit_code
        error.show(file=sys.stderr)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted; nothing is lost")
        return 130
    except SystemExit:
        if sys.stdout is stdout:
            raise
        # Click has wrapped the streams and left: the reader of its output is gone, no error.
        return 0
    except Exception as error:  # noqa: BLE001 a user sees words, never a traceback
        _bug(error, secrets)
        return 1
    return result if isinstance(result, int) else 0


def _say(text: str, secrets: Secrets | None = None) -> None:
    from mplay.report.writer import Styled, Writer

    Writer(sys.stderr, redactor=secrets).line(Styled("mplay: ", "bad"), text)


def _bug(error: Exception, secrets: Secrets) -> None:
    """Say that it is our fault; the error's own text may hold anything, so only on request."""
    if os.environ.get("MPLAY_DEBUG") == "1":
        sys.stderr.write(secrets("".join(traceback.format_exception(error))))
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith("<")]
    place = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "?"
    _say(
        f"a bug in mplay: {type(error).__name__} at {place}. What was begun is in the journal.\n"
        "    Run it again with MPLAY_DEBUG=1, and send the traceback to whoever maintains mplay."
    )


def _survive_any_text() -> None:
    """Print what the terminal's encoding lacks as an escape instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def _flushed(code: int) -> int:
    """Flush the output. A reader who went away is no error; a full disk behind it is one."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        _discard_output()
        _say(f"the output cannot be written: {error.strerror}")
        return code or 2
    return code


def _discard_output() -> None:
    # Python flushes again at its exit, and would complain there.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
