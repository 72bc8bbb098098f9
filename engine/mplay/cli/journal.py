"""``mplay journal``: whether it is as it was written, and its tables made anew."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from mplay.cli import options

_FOUND = 7


@click.group()
@options.examples("mplay journal verify", "mplay journal rebuild")
def journal() -> None:
    """Check the journal, or rebuild its tables."""


@journal.command()
@options.examples(
    "mplay journal verify",
    "mplay journal verify last --head 1:5e1f…",
)
@click.argument("run", required=False)
@click.option(
    "--head", metavar="HASH", default="", help="The hash that was printed when RUN ended."
)
@options.of_project
def verify(
    run: str | None, head: str, config_file: Path | None, journal_place: str, form: str
) -> int:
    """Find any change, swap or removal of what was written.

    The last event of a run can only be checked against the journal head that its end printed:
    name RUN and give it with --head. Exit code 7 if something is found.
    """
    from mplay.cli.output import to_stdout

    if head and run is None:
        raise click.UsageError("--head belongs to one run: name it.")
    with options.open_journal(config_file, journal_place) as opened:
        known = None if run is None else opened.find(run)
        findings = opened.verify(known, head=head)
        count = 1 if known else len(opened.runs())
    writer = to_stdout()
    if form == "json":
        writer.document({"runs": count, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            writer.line(str(finding))
        if not findings:
            writer.line(f"{count} run{'' if count == 1 else 's'}: all as it was written")
    return _FOUND if findings else 0


@journal.command()
@options.examples(
    "mplay journal rebuild",
)
@options.of_project
def rebuild(config_file: Path | None, journal_place: str, form: str) -> None:
    """Make the tables of runs and tasks anew from the events."""
    from mplay.cli.output import to_stdout

    with options.open_journal(config_file, journal_place) as opened:
        count = opened.rebuild()
    if form == "json":
        to_stdout().document({"runs": count})
    else:
        to_stdout().line(f"{count} run{'' if count == 1 else 's'} rebuilt")
