"""``mplay inventory ping`` and ``facts``: connect to hosts, and say who answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mplay.cli import options
from mplay.cli.executing import DEFAULT_FORKS, Wanted
from mplay.cli.vault import vault

if TYPE_CHECKING:
    from mplay.app.contact import Contact
    from mplay.report.table import Cell
    from mplay.report.writer import Writer

_OPTIONS = options.together(
    options.of_hosts,
    options.playbook_dir,
    vault,
    options.of_connection,
    options.config,
    options.output_format,
)


@click.command()
@options.examples(
    "mplay inventory ping web",
    "mplay inventory ping all --limit staging --become",
    "mplay inventory ping web1 --format json",
)
@click.argument("pattern")
@_OPTIONS
def ping(
    pattern: str,
    inventories: tuple[Path, ...],
    limit: str,
    extra_vars: tuple[str, ...],
    playbook_dir: Path | None,
    user: str,
    become: bool,
    ask_become_pass: bool,
    forks: int | None,
    config_file: Path | None,
    form: str,
) -> int:
    """Connect to the hosts of PATTERN, and say who answers and as whom.

    Nothing is written there, and no Python is needed. With --become, and where `ansible_become`
    says so, a host that does not let us be root has said no. Exit 4 where a host does not answer,
    or says no.
    """
    from mplay.cli.output import to_stdout

    found = _contacts(
        Wanted(
            config_file=config_file,
            journal_place="",
            form=form,
            forks=forks,
            inventories=inventories,
            extra_vars=extra_vars,
            limit=limit,
            user=user,
            become=become,
            ask_become_pass=ask_become_pass,
        ),
        pattern,
        playbook_dir,
    )
    writer = to_stdout(form)
    if form == "json":
        writer.document({"hosts": [_told(one) for one in found]})
    else:
        _table(writer, found)
    return _code(found)


@click.command()
@options.examples(
    "mplay inventory facts web1",
    "mplay inventory facts 'web:&staging' --format json",
)
@click.argument("pattern", metavar="HOST|PATTERN")
@_OPTIONS
def facts(
    pattern: str,
    inventories: tuple[Path, ...],
    limit: str,
    extra_vars: tuple[str, ...],
    playbook_dir: Path | None,
    user: str,
    become: bool,
    ask_become_pass: bool,
    forks: int | None,
    config_file: Path | None,
    form: str,
) -> int:
    """Show what hosts tell of themselves: system, account, free space, and who holds their lock.

    Templates read these facts as `facts`. Exit 4 where a host does not answer, or says no.
    """
    from mplay.cli.output import to_stdout

    found = _contacts(
        Wanted(
            config_file=config_file,
            journal_place="",
            form=form,
            forks=forks,
            inventories=inventories,
            extra_vars=extra_vars,
            limit=limit,
            user=user,
            become=become,
            ask_become_pass=ask_become_pass,
        ),
        pattern,
        playbook_dir,
    )
    writer = to_stdout(form)
    if form == "json":
        writer.document({"hosts": [_told(one) | _about(one) for one in found]})
        return _code(found)
    for number, one in enumerate(found):
        if number:
            writer.line("")
        for line in _lines(one):
            writer.line(line)
    return _code(found)


def _contacts(wanted: Wanted, pattern: str, playbook_dir: Path | None) -> Sequence[Contact]:
    from mplay.app.contact import Asked, contact
    from mplay.cli.given import known

    asked = Asked(
        pattern=pattern,
        limit=wanted.limit,
        user=wanted.user,
        become=wanted.become,
        forks=wanted.forks or DEFAULT_FORKS,
        known=known(wanted.extra_vars, playbook_dir),
    )
    return contact(wanted.project(), asked, wanted.connector())


def _code(found: Sequence[Contact]) -> int:
    return 4 if any(one.error for one in found) else 0


def _told(one: Contact) -> dict[str, Any]:
    problem = one.error.problem if one.error else None
    return {
        "host": one.host,
        "status": one.status,
        "user": one.login,
        "root": one.root,
        "seconds": round(one.seconds, 3),
        "why": problem.what if problem else "",
        "hint": problem.hint if problem else "",
    }


def _about(one: Contact) -> dict[str, Any]:
    if one.about is None:
        return {"facts": {}, "free": {}, "lock": None}
    holder = one.about.holder
    lock = {"run": holder.run, "owner": holder.owner, "since": holder.since} if holder else None
    return {"facts": dict(one.about.facts), "free": dict(one.about.free), "lock": lock}


def _table(writer: Writer, found: Sequence[Contact]) -> None:
    from mplay.report.table import write_table
    from mplay.report.writer import Styled

    rows: list[list[Cell]] = []
    for one in found:
        answer = Styled(one.status, "bad" if one.error else "good")
        rows.append([one.host, answer, one.login or "-", _root(one), _system(one)])
    write_table(writer, ["host", "answer", "user", "root", "system"], rows)
    for one in found:
        if one.error is not None:
            writer.line(str(one.error))


def _root(one: Contact) -> str:
    if one.root is None:
        return "-"
    return "yes" if one.root else "no"


def _system(one: Contact) -> str:
    if one.about is None:
        return "-"
    names = ("os_id", "os_version", "architecture", "init")
    return " ".join(filter(None, (one.about.facts.get(name, "") for name in names))) or "-"


def _lines(one: Contact) -> Iterator[str]:
    yield f"{one.host}:"
    if one.error is not None:
        yield f"  {one.error.problem.what}"
        yield from [f"  {one.error.problem.hint}"] if one.error.problem.hint else []
    if one.about is None:
        return
    yield f"  user: {one.login}"
    yield f"  root: {_root(one)}"
    for name, value in sorted(one.about.facts.items()):
        yield f"  {name}: {value}"
    for place, free in sorted(one.about.free.items()):
        yield f"  free on {place}: {free // 2**20} MiB"
    holder = one.about.holder
    if holder is not None:
        yield f"  locked by run {holder.run} of {holder.owner} since {holder.since}"
