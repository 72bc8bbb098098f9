"""``mplay unlock``: take hosts away from a run that nobody will go on with."""

from __future__ import annotations

from pathlib import Path

import click

from mplay.cli import options
from mplay.cli.executing import Wanted


@click.command()
@options.examples(
    "mplay unlock 20261123-0230-7k3f",
    "mplay unlock last web7 --yes",
)
@click.argument("run", metavar="RUN")
@click.argument("hosts", nargs=-1, metavar="[HOST]...")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@options.ask_become_pass
@options.of_project
def unlock(
    run: str,
    hosts: tuple[str, ...],
    yes: bool,
    ask_become_pass: bool,
    config_file: Path | None,
    journal_place: str,
    form: str,
) -> int:
    """Remove RUN's lock from its hosts (or only from HOST...), so that others may use them.

    Half-done work stays as it is: `mplay resume` and `mplay rollback` are the better ways. A run
    that is being executed is refused.
    """
    from mplay.app.unlock import unlock as take_away
    from mplay.cli.output import to_stdout

    wanted = Wanted(
        config_file=config_file,
        journal_place=journal_place,
        form=form,
        forks=None,
        ask_become_pass=ask_become_pass,
    )
    project = wanted.project()
    with project.journal() as known:
        run = known.find(run)
    if not yes:
        question = f"Take the hosts of run {run} away from it?"
        options.confirm(question, unasked=f"run {run}: there is nobody to ask", hint="Give --yes.")
    said = take_away(project, run, hosts, wanted.connector())
    writer = to_stdout()
    if form == "json":
        writer.document({"run": run, "hosts": said})
    else:
        for host, words in said.items():
            writer.line(f"{host}  {words}")
        if not said:
            writer.line(f"run {run} holds no host")
    return 4 if any(words.startswith("still locked") for words in said.values()) else 0
