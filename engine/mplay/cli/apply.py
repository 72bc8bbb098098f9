"""``mplay apply``: do a playbook, or say what doing it would change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mplay.cli import executing, options, selecting
from mplay.cli.executing import Wanted
from mplay.cli.selecting import Listed, Selected

if TYPE_CHECKING:
    from mplay.app.prepare import Prepared, Request
    from mplay.executor.dryrun import Forecast

ON_FAILURE = click.Choice(["rollback-host", "rollback", "halt", "continue"])


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
@click.option("--on-failure", type=ON_FAILURE, help="What a failure leads to, in this run.")
@click.option("--plan-digest", metavar="DIGEST", default="", help="Refuse any other plan.")
@click.option(
    "--detailed-exitcode", is_flag=True, help="Dry-run: exit 10 where there would be changes."
)
@executing.evidence
@executing.say_yes
@executing.strict
@options.of_connection
@selecting.selecting
@selecting.listing
@options.verbose
@options.of_run
@options.later("--step", value=False)
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
    )
    request = _request(wanted, playbook, limit, extra_vars, on_failure, user, become, selected)
    if listed:
        return _list(wanted, request, listed)
    if dry_run:
        return _forecast(wanted, request, plan_digest, detailed=detailed_exitcode)
    return _apply(wanted, request, plan_digest)


def _request(
    wanted: Wanted,
    playbook: Path,
    limit: str,
    extra_vars: tuple[str, ...],
    on_failure: str | None,
    user: str,
    become: bool,
    selected: Selected,
) -> Request:
    from mplay.app.extra import extra_vars as read_extra_vars
    from mplay.app.prepare import Request

    request = Request(
        playbook=playbook,
        limit=limit,
        extra_vars=read_extra_vars(extra_vars),
        choice=selected.choice(),
        reason=selected.reason,
        on_failure=on_failure or "",
        user=user,
        become=become,
        options=wanted.options(),
    )
    return replace(request, words=_words(wanted, request, selected))


def _words(wanted: Wanted, request: Request, selected: Selected) -> tuple[str, ...]:
    """The words with which another call means the same run."""
    words: list[str] = []
    for flag, values in (
        ("-i", [str(path) for path in wanted.inventories]),
        ("--limit", [request.limit]),
        ("-e", wanted.extra_vars),
        ("--on-failure", [request.on_failure]),
        ("--evidence", wanted.evidence),
        ("-u", [request.user]),
        ("-c", [str(wanted.config_file or "")]),
        ("--journal", [wanted.journal_place]),
    ):
        for value in values:
            words += [flag, value] if value else []
    switches = {
        "--strict": wanted.strict,
        "--become": request.become,
        "--ask-become-pass": wanted.ask_become_pass,
        "--yes": wanted.say_yes,
    }
    return (*words, *selected.words(), *(flag for flag, given in switches.items() if given))


def _list(wanted: Wanted, request: Request, listed: Listed) -> int:
    from mplay.app.apply import new_run
    from mplay.app.prepare import prepare

    project = wanted.project()
    listed.show(prepare(project, request, new_run(project)), wanted.form)
    return 0


def _apply(wanted: Wanted, request: Request, plan_digest: str) -> int:
    from mplay.app.apply import apply as run

    _, ending = run(
        wanted.project(),
        request,
        wanted.connector(),
        [wanted.listener()],
        plan_digest=plan_digest,
    )
    return ending.exit


def _forecast(wanted: Wanted, request: Request, plan_digest: str, *, detailed: bool) -> int:
    from mplay.app.apply import check_digest
    from mplay.app.dry_run import dry_run

    prepared, forecast = dry_run(wanted.project(), request, wanted.connector())
    check_digest(prepared, plan_digest)
    code = exit_code(forecast, detailed=detailed)
    _show(wanted, prepared, forecast, code)
    return code


def exit_code(forecast: Forecast, *, detailed: bool) -> int:
    """The exit code of a dry-run: 4 where a host or a task failed, 10 for changes if wished."""
    from mplay.model.task import TaskStatus

    statuses = {row.status for row in forecast.rows}
    if forecast.absent or TaskStatus.FAILED in statuses:
        return 4
    changes = TaskStatus.WOULD_CHANGE in statuses or TaskStatus.UNKNOWN in statuses
    return 10 if detailed and changes else 0


def _show(wanted: Wanted, prepared: Prepared, forecast: Forecast, code: int) -> None:
    from mplay.cli.output import to_stderr, to_stdout
    from mplay.report.document import dry_run_document
    from mplay.report.ending import write_dry_run

    errors = to_stderr()
    for host, why in forecast.absent:
        errors.line(f"{host} did not answer: {why}")
    if wanted.form == "json":
        to_stdout().document(
            dry_run_document(
                forecast.rows,
                name=prepared.plan.name,
                environment=prepared.environment,
                exit_code=code,
                extra={
                    "digests": {k: prepared.digests[k] for k in ("procedure", "plan")},
                    "absent": dict(forecast.absent),
                    "notes": list(forecast.notes),
                },
            )
        )
        return
    for note in forecast.notes:
        errors.line(f"note: {note}")
    write_dry_run(
        to_stdout(),
        forecast.rows,
        next_command=_command(prepared),
        diff=wanted.diff,
    )


def _command(prepared: Prepared) -> str:
    import shlex

    request = prepared.request
    return shlex.join(["mplay", "apply", str(request.playbook), *request.words])
