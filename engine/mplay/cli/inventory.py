"""``mplay inventory``: the hosts that the project knows, and the keys that they are known by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mplay.cli import options
from mplay.cli.contact import facts, ping
from mplay.cli.given import known, project_of
from mplay.cli.trust import trust
from mplay.cli.vault import vault
from mplay.model.errors import Problem, UsageError, Where
from mplay.model.playbook import Text

if TYPE_CHECKING:
    from mplay.app.project import Project
    from mplay.inventory import Inventory
    from mplay.model.host import Host
    from mplay.report.writer import Writer

_OPTIONS = options.together(
    options.inventory,
    options.extra_vars,
    options.playbook_dir,
    vault,
    options.config,
)


@click.group()
@options.examples(
    "mplay inventory list web",
    "mplay inventory ping web",
    "mplay inventory trust web1",
)
def inventory() -> None:
    """Show hosts, groups and variables; see who answers; record host keys on purpose."""


@inventory.command("list")
@options.examples(
    "mplay inventory list",
    "mplay inventory list 'web:&staging' --vars",
    "mplay inventory list --format json --limit staging",
)
@click.argument("pattern", default="all")
@click.option("--vars", "with_vars", is_flag=True, help="Show the variables of each host too.")
@options.limit
@_OPTIONS
@options.output_format
def list_hosts(
    pattern: str,
    with_vars: bool,
    limit: str,
    inventories: tuple[Path, ...],
    extra_vars: tuple[str, ...],
    playbook_dir: Path | None,
    config_file: Path | None,
    form: str,
) -> None:
    """List the hosts of PATTERN with their addresses, groups and environments.

    With --format json it is what `ansible-inventory --list` prints. A limit that leaves nobody is
    an empty list.
    """
    from mplay.cli.output import to_stdout
    from mplay.inventory.listing import as_list

    project, asked = project_of(config_file, inventories), known(extra_vars, playbook_dir)
    found = asked.inventory(project)
    names = _limited(found, found.names(Text(pattern, Where("PATTERN"))), limit)
    found.check_vars(names)
    writer = to_stdout(form)
    if form == "json":
        writer.document(as_list(found, names, asked.extra_vars))
        return
    _table(writer, project, [found.known(name) for name in names])
    for name in names if with_vars else ():
        writer.line("")
        writer.line(f"{name}:")
        _show_vars(writer, found, name, asked.extra_vars)


@inventory.command()
@options.examples(
    "mplay inventory graph",
    "mplay inventory graph web --vars",
)
@click.argument("group", default="all")
@click.option("--vars", "with_vars", is_flag=True, help="Show variables of hosts and groups too.")
@_OPTIONS
def graph(
    group: str,
    with_vars: bool,
    inventories: tuple[Path, ...],
    extra_vars: tuple[str, ...],
    playbook_dir: Path | None,
    config_file: Path | None,
) -> None:
    """Draw GROUP with all groups and hosts inside it, as `ansible-inventory --graph` does."""
    from mplay.cli.output import to_stdout
    from mplay.inventory.listing import as_graph

    project, asked = project_of(config_file, inventories), known(extra_vars, playbook_dir)
    found = asked.inventory(project)
    found.check_group(group)
    if with_vars:
        found.check_vars(found.groups[group])
    lines = as_graph(
        found,
        group,
        with_vars=with_vars,
        extra_vars=asked.extra_vars,
        beside_playbook=playbook_dir is not None,
    )
    writer = to_stdout()
    for line in list(lines):
        writer.line(line)


@inventory.command("vars")
@options.examples(
    "mplay inventory vars web1",
    "mplay inventory vars web1 -e release=7 --format json",
)
@click.argument("name", metavar="HOST")
@_OPTIONS
@options.output_format
def vars_of_host(
    name: str,
    inventories: tuple[Path, ...],
    extra_vars: tuple[str, ...],
    playbook_dir: Path | None,
    config_file: Path | None,
    form: str,
) -> None:
    """Show the variables of HOST, merged: what a playbook there starts from.

    With --format json it is what `ansible-inventory --host` prints. Templates are shown as they
    are written, encrypted values stay encrypted.
    """
    from mplay.cli.output import to_stdout
    from mplay.inventory.listing import marked, variables_of

    project, asked = project_of(config_file, inventories), known(extra_vars, playbook_dir)
    found = asked.inventory(project)
    found.known(name)
    found.check_vars([name])
    writer = to_stdout(form)
    if form == "json":
        writer.document(variables_of(found, name, asked.extra_vars, marked))
    else:
        _show_vars(writer, found, name, asked.extra_vars, indent="")


for _command in (facts, ping, trust):
    inventory.add_command(_command)


def _limited(found: Inventory, names: Sequence[str], limit: str) -> Sequence[str]:
    """What the limit leaves; of names that nobody has it is told, and they choose nobody."""
    from mplay.cli.output import to_stderr

    if not limit:
        return names
    unknown: list[Problem] = []
    left = set(found.names(Text(limit, Where("--limit")), unknown))
    for problem in unknown:
        to_stderr().line(f"mplay: {problem}")
    return [name for name in names if name in left]


def _show_vars(
    writer: Writer,
    found: Inventory,
    name: str,
    extra_vars: Mapping[str, Any],
    *,
    indent: str = "  ",
) -> None:
    from mplay.inventory.listing import shown, variables_of

    for variable, value in variables_of(found, name, extra_vars, shown).items():
        writer.line(f"{indent}{variable}: {value}")


def _table(writer: Writer, project: Project, hosts: Sequence[Host]) -> None:
    from mplay.report.table import Cell, write_table

    rows: list[list[Cell]] = [
        [h.name, _address(h), _environment(project, h) or "-", " ".join(h.groups) or "-"]
        for h in hosts
    ]
    if rows:
        write_table(writer, ["host", "address", "environment", "groups"], rows)
    else:
        writer.line("no hosts")


def _environment(project: Project, host: Host) -> str:
    """The host's environment; '' where there are none, or it is in none."""
    try:
        found = project.config.environment_of([host])
    except UsageError:
        return ""
    return found.name if found else ""


def _address(host: Host) -> str:
    if host.connection.kind == "local":
        return "local"
    port = f":{host.connection.port}" if host.connection.port else ""
    return f"{host.connection.address or host.name}{port}"
