"""``mplay init``: a project, a playbook or a module to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mplay.cli import options

if TYPE_CHECKING:
    from mplay.app.skeleton import Skeleton


class _OrFolder(click.Group):
    """A group in which a word that is no command is the folder of a project."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """`playbook` or `module`; else the project, which is given the word."""
        if args[0] in self.commands or args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        if len(args) > 1:
            from mplay.source import did_you_mean

            near = did_you_mean(args[0], self.commands)
            raise click.UsageError(f"There is no `mplay init {args[0]}`.{near}", ctx)
        return "project", project, args


@click.group(
    cls=_OrFolder,
    invoke_without_command=True,
    subcommand_metavar="[DIR] | playbook NAME | module NAME",
)
@options.examples(
    "mplay init shop                 # a project: settings, inventory, a playbook, tests",
    "mplay init                      # the same in this folder",
    "mplay init playbook weekly      # playbooks/weekly.yml",
    "mplay init module greeting      # modules/greeting.py, golden cases, scenarios, tests",
)
@click.pass_context
def init(context: click.Context) -> None:
    """Make a project in DIR (here, without one), or a playbook or a module in this project.

    All of it works as it is made, and so do its tests: run `pytest` in the project's folder.
    Nothing that is there is overwritten.
    """
    if context.invoked_subcommand is None:
        context.invoke(project, folder=Path())


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def project(folder: Path) -> None:
    """Make a project."""
    from mplay.app import skeleton

    _write(skeleton.project(folder, _person()))
    here = "" if folder == Path() else f"cd {folder} && "
    _next(f"{here}mplay apply playbooks/first.yml --dry-run")


@init.command()
@options.examples("mplay init playbook weekly")
@click.argument("name")
@options.config
def playbook(name: str, config_file: Path | None) -> None:
    """Make playbooks/NAME.yml, with a check before the change and one after it."""
    from mplay.app import skeleton

    _write(skeleton.playbook(options.find_config(config_file), name, _person()))
    _next(f"mplay lint playbooks/{name.removesuffix('.yml')}.yml")


@init.command()
@options.examples("mplay init module greeting")
@click.argument("name")
@options.config
def module(name: str, config_file: Path | None) -> None:
    """Make a module: its file, its golden cases, scenarios for the laws, and their test."""
    from mplay.app import skeleton

    _write(skeleton.module(options.find_config(config_file), name))
    _next("pytest")


def _person() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a uid without a name
        return "somebody"


def _write(made: Skeleton) -> None:
    from mplay.cli.output import to_stdout

    writer = to_stdout()
    for path in made.write():
        writer.line(f"made {path}")


def _next(command: str) -> None:
    from mplay.cli.output import to_stdout
    from mplay.report.writer import Styled

    to_stdout().line("next  ", Styled(command, "strong"))
