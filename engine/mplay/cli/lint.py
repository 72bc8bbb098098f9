"""``mplay lint``: all that is wrong with playbooks, without any host."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mplay.cli import options
from mplay.cli.vault import open_vault, vault


@click.command()
@options.examples("mplay lint playbooks/monthly.yml", "mplay lint playbooks/*.yml")
@click.option("-c", "--config", type=click.Path(path_type=Path), help="The mplay.toml to use.")
@vault
@click.argument("playbooks", nargs=-1, required=True, metavar="PLAYBOOK...", type=click.Path())
def lint(config: Path | None, playbooks: tuple[str, ...]) -> None:
    """Say all that is wrong with playbooks: where it is, what it is, what to do.

    Reads the playbooks, what they include, and their templates; contacts no host and needs no
    inventory. Exits with 2 if there is a problem.
    """
    from mplay.app.project import Project
    from mplay.model.errors import InvalidInput, Problem, UsageError
    from mplay.report.writer import Writer
    from mplay.spec import DiskFiles, Finder, load_playbook

    project = Project.find(start=Path.cwd(), config=config, vault=open_vault())
    problems: dict[Problem, None] = {}
    counts: list[str] = []
    for playbook in playbooks:
        finder = Finder(files=DiskFiles(), root=project.config.root, vault=project.vault)
        try:
            loaded = load_playbook(playbook, project.registry, finder)
        except InvalidInput as error:
            problems |= dict.fromkeys(error.problems)
        except UsageError as error:
            problems[error.problem] = None
        else:
            count = f"ok: {loaded.steps} step{'' if loaded.steps == 1 else 's'}"
            counts.append(f"{playbook}: {count}" if len(playbooks) > 1 else count)
    if problems:
        # Without main's prefix, so that every line begins with a place that an editor can open.
        writer = Writer(sys.stderr, redactor=project.vault.secrets)
        for problem in problems:
            writer.line(str(problem))
        raise click.exceptions.Exit(2)
    for count in counts:
        Writer(sys.stdout).line(count)
