"""``mplay apply``: do a playbook, or say what doing it would change."""

from __future__ import annotations

from pathlib import Path

import click

from mplay.cli import executing, options, selecting
from mplay.cli.beginning import How, begin
from mplay.cli.executing import Wanted
from mplay.cli.selecting import Listed, Selected
from mplay.cli.stepping import step_by_step
from mplay.cli.vault import vault
from mplay.model.errors import UsageError


@click.command()
@options.examples(
    "mplay apply playbooks/monthly.yml --limit staging --dry-run --diff",
    "mplay apply playbooks/monthly.yml --limit staging --evidence docs=https://wiki/change/17",
    "mplay apply playbooks/monthly.yml --limit production --on-failure rollback",
    "mplay apply playbooks/monthly.yml --limit staging --only web --assume-done backup --reason …",
    "mplay apply playbooks/monthly.yml --limit staging --tags packages --list-tasks",
)
@click.argument("playbook", type=click.Path(path_type=Path))
@options.dry_run
@options.diff
@options.of_hosts
@executing.on_failure
@click.option("--plan-digest", metavar="DIGEST", default="", help="Refuse any other plan.")
@executing.detailed_exitcode
@executing.evidence
@executing.say_yes
@executing.strict
@step_by_step
@options.of_connection
@vault
@selecting.selecting
@selecting.listing
@options.verbose
@options.of_run
@options.later("--override")
@options.later("--emergency", value=False)
def apply(
    playbook: Path,
    dry_run: bool,
    diff: bool,
    inventories: tuple[Path, ...],
    limit: str,
    extra_vars: tuple[str, ...],
    on_failure: str | None,
    plan_digest: str,
    detailed_exitcode: bool,
    evidence: tuple[str, ...],
    say_yes: bool,
    strict: bool,
    stepwise: bool,
    user: str,
    become: bool,
    ask_become_pass: bool,
    forks: int | None,
    selected: Selected,
    listed: Listed,
    verbose: int,
    config_file: Path | None,
    journal_place: str,
    form: str,
) -> int:
    """Do PLAYBOOK: every step ordered, verified and journalled, with its way back kept first."""
    wanted = Wanted(
        config_file=config_file,
        journal_place=journal_place,
        form=form,
        forks=forks,
        evidence=evidence,
        say_yes=say_yes,
        strict=strict,
        ask_become_pass=ask_become_pass,
        verbose=verbose,
        diff=diff,
        inventories=inventories,
        extra_vars=extra_vars,
        limit=limit,
        user=user,
        become=become,
        on_failure=on_failure or "",
        selected=selected,
        stepwise=stepwise,
    )
    if stepwise and dry_run:
        raise UsageError("--step asks before what is done, and --check does nothing")
    how = How(
        listed=listed, dry_run=dry_run, plan_digest=plan_digest, detailed_exitcode=detailed_exitcode
    )
    command = ("mplay", "apply", str(playbook), *wanted.words())
    return begin(wanted, wanted.request(playbook, command), how)
