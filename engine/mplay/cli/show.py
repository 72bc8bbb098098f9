"""``mplay show``: a run, one of its steps, its log, or how to undo it by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mplay.cli import options
from mplay.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mplay.journal import RunRow
    from mplay.model.record import Record
    from mplay.model.state import RunState
    from mplay.report.story import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A run as it was read, and the part of it that is wanted."""

    row: RunRow
    records: Sequence[Record]
    state: RunState
    part: Part
    place: Sequence[str]


@click.command()
@options.examples(
    "mplay show last",
    "mplay show last web/upgrade --host web1",
    "mplay show last web --restore",
    "mplay show last --log --format json",
)
@click.argument("run")
@click.argument("step", required=False, default="")
@click.option("--host", metavar="HOST", default="", help="Only what is about this host.")
@click.option("--restore", is_flag=True, help="The shell that undoes it, the last change first.")
@click.option("--log", is_flag=True, help="Event by event, with what tasks printed.")
@options.of_project
@options.later("--follow", value=False)
def show(
    run: str,
    step: str,
    host: str,
    restore: bool,
    log: bool,
    config_file: Path | None,
    journal_place: str,
    form: str,
) -> None:
    """Show a run, one of its steps, its log, or how to undo it by hand.

    STEP is a step's path as in the list of tasks (web/upgrade); a block means all of it.
    """
    asked = _read(config_file, journal_place, run, step, host)
    if log:
        _log(asked, form)
    elif restore:
        _restore(asked, form)
    elif step or host:
        _part(asked, form)
    else:
        _whole(asked, form)


def _read(config_file: Path | None, journal_place: str, wanted: str, step: str, host: str) -> Asked:
    from mplay.app.project import place_words
    from mplay.model.state import RunState
    from mplay.report.story import Part

    with options.open_journal(config_file, journal_place) as journal:
        run = journal.find(wanted)
        row, records = journal.row(run), journal.records(run)
    state = RunState.of(records)
    part = Part(step=step.strip("/"), host=host)
    if not part.rows(state) and (step or host):
        raise _nothing(state, part)
    place = place_words(config_file, journal_place)
    return Asked(row=row, records=records, state=state, part=part, place=place)


def _nothing(state: RunState, part: Part) -> UsageError:
    from mplay.source import did_you_mean

    paths = {row.key.path for row in state.rows}
    blocks = {path.rsplit("/", n)[0] for path in paths for n in range(1, path.count("/") + 1)}
    hosts = {row.key.subject for row in state.rows}
    hint = f"`mplay show {state.run}` lists its tasks."
    if part.step and part.step not in paths | blocks:
        near = did_you_mean(part.step, paths | blocks)
        return UsageError(f"run {state.run} has no step {part.step!r}.{near}", hint=hint)
    if part.host not in hosts:
        near = did_you_mean(part.host, hosts)
        what = f"run {state.run} has no task about host {part.host!r}.{near}"
        return UsageError(what, hint=hint)
    return UsageError(f"run {state.run} has no task {part.step}@{part.host}", hint=hint)


def _log(asked: Asked, form: str) -> None:
    from mplay.cli.output import to_stdout
    from mplay.report.story import log_document, of_part, write_log

    records = of_part(asked.records, asked.part)
    if form == "json":
        to_stdout().document(log_document(asked.row.run, records))
    else:
        write_log(to_stdout(), records)


def _restore(asked: Asked, form: str) -> None:
    from mplay.cli.output import to_stdout
    from mplay.report.story import attempt_document, write_restore

    attempts = [a for a in asked.state.attempts if asked.part.has(a.key)]
    if form == "json":
        documents = [attempt_document(attempt) for attempt in reversed(attempts)]
        to_stdout().document({"run": asked.row.run, "attempts": documents})
    elif not attempts:
        to_stdout().line("# nothing was changed: nothing to undo")
    else:
        write_restore(to_stdout(), attempts)


def _part(asked: Asked, form: str) -> None:
    from mplay.cli.output import to_stdout
    from mplay.report.story import part_document, write_part

    if form == "json":
        to_stdout().document(part_document(asked.state, asked.part))
    else:
        write_part(to_stdout(), asked.state, asked.part)


def _whole(asked: Asked, form: str) -> None:
    from mplay.cli.output import to_stdout
    from mplay.report.document import run_document
    from mplay.report.story import write_run

    if form == "json":
        document = run_document(asked.state, status=asked.row.status.value, place=asked.place)
        to_stdout().document({**document, "silent": asked.row.silent})
    else:
        write_run(to_stdout(), asked.state, silent=asked.row.silent, place=asked.place)
