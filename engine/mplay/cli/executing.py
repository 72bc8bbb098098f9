"""What `apply`, `resume` and `rollback` share: the project, the connector, answers, the output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mplay.app.sudo import SudoPasswords
from mplay.cli.selecting import Selected
from mplay.cli.stepping import consent
from mplay.cli.vault import known_secrets, open_vault, vault_words
from mplay.model.errors import UsageError

if TYPE_CHECKING:
    from mplay.app.prepare import Request
    from mplay.app.project import Project
    from mplay.app.typed import Typed
    from mplay.channel.protocol import Connector
    from mplay.executor.context import Options
    from mplay.report.document import Document
    from mplay.report.lines import Lines
    from mplay.report.stream import Stream

evidence = click.option(
    "--evidence",
    multiple=True,
    metavar="STEP=TEXT",
    help="The answer to a manual step; may be given several times.",
)
say_yes = click.option(
    "-y", "--yes", "say_yes", is_flag=True, help="Answer questions between batches with yes."
)
strict = click.option(
    "--strict", is_flag=True, help="Warnings and unknowns of checks are failures."
)
on_failure = click.option(
    "--on-failure",
    type=click.Choice(["rollback-host", "rollback", "halt", "continue"]),
    help="What a failure leads to, in this run.",
)
detailed_exitcode = click.option(
    "--detailed-exitcode", is_flag=True, help="Dry-run: exit 10 where there would be changes."
)
DEFAULT_FORKS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The shared options of one call."""

    config_file: Path | None
    journal_place: str
    form: str
    forks: int | None
    evidence: Sequence[str] = ()
    say_yes: bool = False
    strict: bool = False
    ask_become_pass: bool = False
    verbose: int = 0
    diff: bool = False
    inventories: Sequence[Path] = ()
    extra_vars: Sequence[str] = ()
    limit: str = ""
    user: str = ""
    become: bool = False
    on_failure: str = ""
    selected: Selected = Selected()  # noqa: RUF009 frozen
    stepwise: bool = False
    sudo: SudoPasswords = field(default_factory=lambda: SudoPasswords(known_secrets()))

    def project(self) -> Project:
        """The project around the working directory. UsageError."""
        from mplay.app.project import Project

        return Project.find(
            vault=open_vault(),
            sudo=self.sudo,
            start=Path.cwd(),
            config=self.config_file,
            inventory=self.inventories,
            journal_url=self.journal_place,
        )

    def options(self) -> Options:
        """How the run is run."""
        from mplay.executor.context import Options

        return Options(
            forks=self.forks or DEFAULT_FORKS,
            strict=self.strict,
            say_yes=self.say_yes,
            evidence=answers(self.evidence),
            consent=consent() if self.stepwise else None,
        )

    def request(
        self, playbook: Path, command: Sequence[str], typed: Typed | None = None
    ) -> Request:
        """The run that is asked for. `command` is the whole command line that means it."""
        from mplay.app.extra import extra_vars
        from mplay.app.prepare import Request

        return Request(
            playbook=playbook,
            typed=typed,
            limit=self.limit,
            extra_vars=extra_vars(self.extra_vars, open_vault()),
            choice=self.selected.choice(),
            reason=self.selected.reason,
            on_failure=self.on_failure,
            user=self.user,
            become=self.become,
            words=self.words(),
            command=tuple(command),
            options=self.options(),
        )

    def words(self) -> tuple[str, ...]:
        """The words with which another call means the same run."""
        words: list[str] = []
        for flag, values in (
            ("-i", [str(path) for path in self.inventories]),
            ("--limit", [self.limit]),
            ("-e", self.extra_vars),
            ("--on-failure", [self.on_failure]),
            ("--evidence", self.evidence),
            ("-u", [self.user]),
        ):
            for value in values:
                words += [flag, value] if value else []
        words += [*self.place(), *self.selected.words(), *vault_words()]
        switches = {
            "--strict": self.strict,
            "--become": self.become,
            "--ask-become-pass": self.ask_become_pass,
            "--yes": self.say_yes,
        }
        return (*words, *(flag for flag, given in switches.items() if given))

    def place(self) -> tuple[str, ...]:
        """The words with which another call finds the same journal."""
        from mplay.app.project import place_words

        return place_words(self.config_file, self.journal_place)

    def connector(self) -> Connector:
        """Opens channels; asks for sudo's password now, where that was wished."""
        if self.ask_become_pass:
            self.sudo.typed = _ask_sudo()
            self.sudo.secrets.add(self.sudo.typed)
        from mplay.channel.connect import Connectors
        from mplay.channel.relay import Manner

        return Connectors(Manner(ask_password=self.sudo), secrets=known_secrets()).prepared()

    def listener(self) -> Lines | Document | Stream:
        """Shows the run on standard output."""
        from mplay.cli.output import listener, to_stdout

        return listener(
            self.form,
            to_stdout(self.form),
            verbose=self.verbose,
            diff=self.diff,
            place=self.place(),
        )


def answers(given: Sequence[str]) -> dict[str, str]:
    """``STEP=TEXT`` by step. UsageError."""
    found = {}
    for one in given:
        step, equals, text = one.partition("=")
        if not equals or not step:
            raise UsageError(f"--evidence {one!r} names no step", hint="Write STEP=TEXT.")
        found[step] = text
    return found


def _ask_sudo() -> str:
    """Ask for the password before any host is: later, its question would stand among the output.

    UsageError where nobody is there to type it.
    """
    if not sys.stdin.isatty():
        raise UsageError(
            "-K asks for sudo's password, and there is no terminal to ask on",
            hint="Run it in a terminal, or allow the account sudo without a password.",
        )
    return str(click.prompt("sudo password", hide_input=True, err=True))
