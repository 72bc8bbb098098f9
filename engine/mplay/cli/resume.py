"""``mplay resume``: go on with a run that stopped."""

from __future__ import annotations

from pathlib import Path

import click

from mplay.cli import executing, options
from mplay.cli.executing import Wanted
from mplay.cli.stepping import step_by_step
from mplay.cli.vault import vault


@click.command()
@options.examples(
    "mplay resume last",
    "mplay resume 20261123-0230-7k3f --evidence docs=https://wiki/change/17",
)
@click.argument("run", metavar="RUN")
@executing.evidence
@executing.say_yes
@step_by_step
@options.ask_become_pass
@vault
@options.forks
@options.verbose
@options.of_run
@options.later("--drop")
@options.later("--skip")
@options.later("--accept")
@options.later("--replan", value=False)
def resume(
    run: str,
    evidence: tuple[str, ...],
    say_yes: bool,
    stepwise: bool,
    ask_become_pass: bool,
    forks: int | None,
    verbose: int,
    config_file: Path | None,
    journal_place: str,
    form: str,
) -> int:
    """Go on with RUN: what became of every task is asked of its host, what is done stays done.

    A run that waited goes on with the answer. A run that was being undone goes on being undone.
    Only the journal is read: the playbook may have changed since.
    """
    from mplay.app.resume import resume as go_on

    wanted = Wanted(
        config_file=config_file,
        journal_place=journal_place,
        form=form,
        forks=forks,
        evidence=evidence,
        say_yes=say_yes,
        stepwise=stepwise,
        ask_become_pass=ask_become_pass,
        verbose=verbose,
    )
    listener = wanted.listener()
    name, ending = go_on(
        wanted.project(), run, wanted.options(), wanted.connector(), [listener], listener.know
    )
    if ending.exit == 0 and ending.why:
        click.echo(f"run {name}: {ending.why}", err=True)
    return ending.exit
