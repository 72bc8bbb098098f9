"""What `apply` and `do` share: a run begins, or is listed, or is foreseen."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mplay.cli.executing import Wanted
from mplay.cli.selecting import Listed

if TYPE_CHECKING:
    from mplay.app.prepare import Prepared, Request
    from mplay.executor.dryrun import Forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What is to become of the request: a list, a dry-run, or, without these, the run itself."""

    listed: Listed
    dry_run: bool = False
    plan_digest: str = ""
    detailed_exitcode: bool = False


def begin(wanted: Wanted, request: Request, how: How) -> int:
    """Do what is wished; the exit code."""
    if how.listed:
        return _list(wanted, request, how.listed)
    if how.dry_run:
        return _forecast(wanted, request, how)
    return _run(wanted, request, how)


def _list(wanted: Wanted, request: Request, listed: Listed) -> int:
    from mplay.app.apply import new_run
    from mplay.app.prepare import prepare

    project = wanted.project()
    listed.show(prepare(project, request, new_run(project)), wanted.form)
    return 0


def _run(wanted: Wanted, request: Request, how: How) -> int:
    from mplay.app.apply import apply

    _, ending = apply(
        wanted.project(),
        request,
        wanted.connector(),
        [wanted.listener()],
        plan_digest=how.plan_digest,
    )
    return ending.exit


def _forecast(wanted: Wanted, request: Request, how: How) -> int:
    from mplay.app.apply import check_digest
    from mplay.app.dry_run import dry_run

    prepared, forecast = dry_run(wanted.project(), request, wanted.connector())
    check_digest(prepared, how.plan_digest)
    code = exit_code(forecast, detailed=how.detailed_exitcode)
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
    from mplay.report.ending import write_dry_run

    errors = to_stderr()
    for host, why in forecast.absent:
        errors.line(f"{host} did not answer: {why}")
    if wanted.form != "text":
        _document(wanted, prepared, forecast, code)
        return
    for note in forecast.notes:
        errors.line(f"note: {note}")
    write_dry_run(
        to_stdout(),
        forecast.rows,
        next_command=shlex.join(prepared.request.command),
        diff=wanted.diff,
    )


def _document(wanted: Wanted, prepared: Prepared, forecast: Forecast, code: int) -> None:
    """A dry-run as JSON; as a stream, its tasks first and the whole as the end."""
    from mplay.cli.output import to_stdout
    from mplay.report.document import dry_run_document
    from mplay.report.stream import dry_run_objects

    document = dry_run_document(
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
    writer = to_stdout(wanted.form)
    for one in dry_run_objects(document) if wanted.form == "ndjson" else [document]:
        writer.document(one)
