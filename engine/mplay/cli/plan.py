"""``mplay plan``: what a playbook would run, in which order, and its digests; asks no host."""

from __future__ import annotations

from pathlib import Path

import click

from mplay.cli import options, selecting
from mplay.cli.executing import Wanted
from mplay.cli.selecting import Listed, Selected
from mplay.cli.vault import vault


@click.command()
@options.examples(
    "mplay plan playbooks/monthly.yml --limit staging",
    "mplay plan playbooks/monthly.yml --limit production --format json",
)
@click.argument("playbook", type=click.Path(path_type=Path))
@options.of_hosts
@vault
@selecting.selecting
@selecting.listing
@options.of_project
@options.later("--graph")
@options.later("--trace", value=False)
def plan(
    playbook: Path,
    inventories: tuple[Path, ...],
    limit: str,
    extra_vars: tuple[str, ...],
    selected: Selected,
    listed: Listed,
    config_file: Path | None,
    journal_place: str,
    form: str,
) -> int:
    """Show the steps of PLAYBOOK in order, with hosts, batches, needs and ways back.

    The plan's digest goes to `apply --plan-digest`, so that exactly this plan is applied.
    """
    from mplay.app.apply import new_run
    from mplay.app.prepare import prepare
    from mplay.cli.output import to_stdout
    from mplay.planner.text import plan_document, plan_lines

    wanted = Wanted(
        config_file=config_file,
        journal_place=journal_place,
        form=form,
        forks=None,
        inventories=inventories,
        extra_vars=extra_vars,
        limit=limit,
        selected=selected,
    )
    project = wanted.project()
    prepared = prepare(project, wanted.request(playbook, ()), new_run(project))
    if listed:
        listed.show(prepared, form)
        return 0
    writer = to_stdout()
    if form == "json":
        writer.document(plan_document(prepared.plan, prepared.digests, prepared.ways()))
    else:
        for line in plan_lines(prepared.plan, prepared.digests, prepared.ways()):
            writer.line(line)
    return 0
