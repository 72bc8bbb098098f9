"""``mplay plan``: what a playbook would run, in which order, and its digests; asks no host."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mplay.cli import options, selecting
from mplay.cli.executing import Wanted
from mplay.cli.selecting import Listed, Selected
from mplay.model.errors import UsageError

if TYPE_CHECKING:
    from mplay.app.prepare import Prepared
    from mplay.planner.trace import Trace
from mplay.cli.vault import vault


@click.command()
@options.examples(
    "mplay plan playbooks/monthly.yml --limit staging",
    "mplay plan playbooks/monthly.yml --limit production --format json",
    "mplay plan playbooks/monthly.yml --limit staging --graph mermaid >monthly.mmd",
    "mplay plan playbooks/monthly.yml --limit staging --trace",
)
@click.argument("playbook", type=click.Path(path_type=Path))
@options.of_hosts
@vault
@selecting.selecting
@selecting.listing
@options.of_project
@click.option(
    "--graph",
    type=click.Choice(["mermaid"]),
    metavar="mermaid",
    help="The steps and their order as a flowchart, for a page that draws Mermaid.",
)
@click.option("--trace", is_flag=True, help="How the plan was made, transform by transform.")
def plan(
    playbook: Path,
    inventories: tuple[Path, ...],
    limit: str,
    extra_vars: tuple[str, ...],
    selected: Selected,
    listed: Listed,
    graph: str | None,
    trace: bool,
    config_file: Path | None,
    journal_place: str,
    form: str,
) -> int:
    """Show the steps of PLAYBOOK in order, with hosts, batches, needs and ways back.

    The plan's digest goes to `apply --plan-digest`, so that exactly this plan is applied.
    """
    from mplay.app.apply import new_run
    from mplay.app.prepare import prepare
    from mplay.planner.trace import Trace

    if graph and trace:
        raise UsageError("--graph and --trace are two answers", hint="Ask for one of them.")
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
    watch = Trace()
    prepared = prepare(project, wanted.request(playbook, ()), new_run(project), watch)
    if listed:
        listed.show(prepared, form)
    elif trace:
        _trace(watch, form)
    elif graph:
        _graph(prepared, form)
    else:
        _plan(prepared, form)
    return 0


def _plan(prepared: Prepared, form: str) -> None:
    from mplay.cli.output import to_stdout
    from mplay.planner.text import plan_document, plan_lines

    writer = to_stdout()
    if form == "json":
        writer.document(plan_document(prepared.plan, prepared.digests, prepared.ways()))
        return
    for line in plan_lines(prepared.plan, prepared.digests, prepared.ways()):
        writer.line(line)


def _graph(prepared: Prepared, form: str) -> None:
    from mplay.cli.output import to_stdout
    from mplay.planner.mermaid import mermaid_lines

    writer = to_stdout()
    lines = list(mermaid_lines(prepared.plan))
    if form == "json":
        writer.document({"graph": "\n".join(lines)})
        return
    for line in lines:
        writer.line(line)


def _trace(trace: Trace, form: str) -> None:
    from mplay.cli.output import to_stdout
    from mplay.planner.trace import trace_document, trace_lines

    writer = to_stdout()
    if form == "json":
        writer.document({"trace": trace_document(trace.done)})
        return
    for line in trace_lines(trace.done):
        writer.line(line)
