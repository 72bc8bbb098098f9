"""``mplay rollback``: undo a run, or a part of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mplay.cli import options
from mplay.cli.executing import Wanted
from mplay.cli.vault import vault

if TYPE_CHECKING:
    from mplay.app.rollback import Wish


@click.command()
@options.examples(
    "mplay rollback last --dry-run",
    "mplay rollback last",
    "mplay rollback 20261123-0230-7k3f --step web/upgrade",
)
@click.argument("run", metavar="RUN")
@click.option("--step", metavar="STEP", default="", help="This step, and what came after it there.")
@click.option("-l", "--limit", metavar="HOSTS", default="", help="Only these hosts, by commas.")
@click.option(
    "--keep-dependents", is_flag=True, help="Leave changes elsewhere that need what is undone."
)
@click.option(
    "-C", "--check", "--dry-run", "dry_run", is_flag=True, help="Say what would be undone, and how."
)
@click.option(
    "-y", "--yes", "say_yes", is_flag=True, help="Also undo what nothing tells about since."
)
@options.ask_become_pass
@vault
@options.forks
@options.verbose
@options.of_run
def rollback(
    run: str,
    step: str,
    limit: str,
    keep_dependents: bool,
    dry_run: bool,
    say_yes: bool,
    ask_become_pass: bool,
    forks: int | None,
    verbose: int,
    config_file: Path | None,
    journal_place: str,
    form: str,
) -> int:
    """Undo RUN: in reverse, each change compared before and verified after.

    What somebody changed since is shown as a conflict, and left alone. Undoing twice is undoing
    once. Needs neither the playbook nor the inventory.
    """
    from mplay.app.rollback import Wish

    wanted = Wanted(
        config_file=config_file,
        journal_place=journal_place,
        form=form,
        forks=forks,
        say_yes=say_yes,
        ask_become_pass=ask_become_pass,
        verbose=verbose,
    )
    hosts = tuple(host.strip() for host in limit.split(",") if host.strip())
    wish = Wish(step=step, hosts=hosts, keep_dependents=keep_dependents)
    return _foresee(wanted, run, wish) if dry_run else _undo(wanted, run, wish)


def _undo(wanted: Wanted, run: str, wish: Wish) -> int:
    from mplay.app.rollback import rollback as undo

    listener = wanted.listener()
    name, ending = undo(
        wanted.project(), run, wish, wanted.options(), wanted.connector(), [listener], listener.know
    )
    if ending.exit == 0 and ending.why:
        click.echo(f"run {name}: {ending.why}", err=True)
    return ending.exit


def _foresee(wanted: Wanted, run: str, wish: Wish) -> int:
    from mplay.app.foresee import foresee
    from mplay.cli.output import to_stdout

    name, steps = foresee(wanted.project(), run, wish, wanted.connector())
    writer = to_stdout(wanted.form)
    if wanted.form != "text":
        writer.document({"run": name, "undo": [step.as_json() for step in steps]})
    else:
        for number, step in enumerate(steps, 1):
            writer.line(
                f"{number:3}  {step.work:6} {step.task}  {step.verdict}  {step.why}".rstrip()
            )
        writer.line(f"{len(steps)} to do; nothing was touched" if steps else "nothing to undo")
    return 7 if any(step.verdict == "conflict" for step in steps) else 0
