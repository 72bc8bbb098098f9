"""``mplay runs``: what has been run, newest first."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mplay.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mplay.journal import RunRow


@click.command()
@options.examples(
    "mplay runs",
    "mplay runs --last 3 --format json",
)
@click.option(
    "-n",
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    default=20,
    show_default=True,
    help="At most N runs.",
)
@click.option("-a", "--all", "every", is_flag=True, help="All runs.")
@options.of_project
def runs(last: int, every: bool, config_file: Path | None, journal_place: str, form: str) -> None:
    """List the runs, newest first."""
    _show(_read(config_file, journal_place, None if every else last), form)


def _read(config_file: Path | None, journal_place: str, last: int | None) -> Sequence[RunRow]:
    from mplay.journal import Journal
    from mplay.journal.place import path_of

    place = options.journal_place_of(options.find_config(config_file), journal_place)
    if not journal_place and not path_of(place).exists():
        return []
    with Journal.open(place, create=False) as journal:
        return journal.runs(last)


def _show(rows: Sequence[RunRow], form: str) -> None:
    from mplay.cli.output import to_stdout
    from mplay.report.table import Cell, write_table
    from mplay.report.writer import status

    writer = to_stdout()
    if form == "json":
        writer.document({"runs": [asdict(row) for row in rows]})
        return
    if not rows:
        writer.line("no runs yet")
        return
    header = ["run", "status", "phase", "environment", "begun", "name"]
    table: list[list[Cell]] = [
        [r.run, status(r.status), r.phase, r.environment or "-", r.begun[:16] + "Z", _name(r)]
        for r in rows
    ]
    write_table(writer, header, table)


def _name(row: RunRow) -> str:
    return f"{row.name}  ({row.silent})" if row.silent else row.name
