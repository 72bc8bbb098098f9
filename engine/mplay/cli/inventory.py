"""``mplay inventory``: the hosts that the project knows, and the keys that they are known by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mplay.cli import options
from mplay.cli.vault import open_vault, vault
from mplay.model.errors import UsageError, Where
from mplay.model.playbook import Text

if TYPE_CHECKING:
    from mplay.channel.hostkeys import HostKey
    from mplay.inventory import Inventory
    from mplay.model.host import Host
    from mplay.report.writer import Writer


LATER = frozenset({"graph", "vars", "facts", "ping"})
"""Subcommands of the design that this version does not have yet."""


class _WithLater(click.Group):
    """Knows the names of later versions, to refuse them by name."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in LATER:
            return options.refusing(f"mplay inventory {cmd_name}", "mplay inventory --help")
        return super().get_command(ctx, cmd_name)


@click.group(cls=_WithLater)
@options.examples(
    "mplay inventory list web",
    "mplay inventory trust web1",
)
def inventory() -> None:
    """Show hosts, groups and variables; record host keys on purpose."""


@inventory.command("list")
@options.examples(
    "mplay inventory list",
    "mplay inventory list 'web:&staging' --vars",
    "mplay inventory list --format json",
)
@click.argument("pattern", default="all")
@click.option("--vars", "with_vars", is_flag=True, help="Show the variables of each host too.")
@options.inventory
@vault
@options.config
@options.output_format
def list_hosts(
    pattern: str,
    with_vars: bool,
    inventories: tuple[Path, ...],
    config_file: Path | None,
    form: str,
) -> None:
    """List the hosts of PATTERN with their addresses, groups and environments."""
    from mplay.cli.output import to_stdout

    settings = options.find_config(config_file)
    known = _load(inventories or settings.inventory)
    hosts = known.select(Text(pattern, Where("PATTERN")))
    environments = {host.name: _environment(settings, host) for host in hosts}
    writer = to_stdout()
    if form == "json":
        writer.document(_document(known, hosts, environments))
        return
    _table(writer, hosts, environments)
    if with_vars:
        for host in hosts:
            writer.line("")
            writer.line(f"{host.name}:")
            for name, value in sorted(host.vars.items()):
                writer.line(f"  {name}: {value}")


@inventory.command("trust")
@options.examples(
    "mplay inventory trust web1",
    "mplay inventory trust web1 --fingerprint SHA256:uNiVztksCsDhcc0u9e8BrQ4OVBm+...",
    "mplay inventory trust web1 --yes",
)
@click.argument("name", metavar="HOST")
@click.option(
    "--fingerprint", default="", metavar="SHA256:…", help="Record the key if it has this one."
)
@click.option("-y", "--yes", is_flag=True, help="Record whatever key it shows, without a question.")
@options.inventory
@vault
@options.config
def trust(
    name: str,
    fingerprint: str,
    yes: bool,
    inventories: tuple[Path, ...],
    config_file: Path | None,
) -> int:
    """Record HOST's key, after its fingerprint was compared.

    Get the fingerprint from the host's own console: `ssh-keygen -lf` on its public host key.
    """
    from mplay.channel.ssh import offered_key
    from mplay.cli.output import to_stdout

    settings = options.find_config(config_file)
    host = _load(inventories or settings.inventory).host(name)
    if host.connection.kind != "ssh":
        raise UsageError(f"{name} is not reached by ssh, so it has no host key")
    key = offered_key(host)
    writer = to_stdout()
    if key is None:
        writer.line(f"the key that {name} shows is the known one")
        return 0
    shown = f"{name} shows the key {key.kind} {key.fingerprint}"
    if not (yes and not fingerprint):
        _compare(key, fingerprint, shown)
    file = _record(host, key)
    writer.line(shown)
    writer.line(f"recorded in {file}")
    return 0


def _compare(key: HostKey, fingerprint: str, shown: str) -> None:
    """UsageError unless the key has the fingerprint that was given, or that a person confirms."""
    if fingerprint:
        if fingerprint != key.fingerprint:
            raise UsageError(
                f"{shown}, not {fingerprint}",
                hint="Somebody else may be answering. Nothing was recorded.",
            )
        return
    options.confirm(
        f"{shown}\nIs that the fingerprint that the host's own console shows?",
        unasked=f"{shown}, and there is nobody to ask whether it is the right one",
        hint="Compare it on the host's console, then give it with --fingerprint.",
    )


def _record(host: Host, key: HostKey) -> Path:
    """Write the key to the file that is asked first; that file."""
    from mplay.channel.hostkeys import known_files, remember
    from mplay.channel.options import parse_options

    given = parse_options(host.connection.common_args).get("userknownhostsfile")
    file = known_files(given)[0]
    try:
        remember(key, file)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error
    return file


def _load(sources: tuple[Path, ...]) -> Inventory:
    from mplay.inventory import Inventory
    from mplay.source import load
    from mplay.template import Renderer

    renderer = Renderer(open_vault())
    return Inventory.load(
        sources,
        render=lambda value, scope: renderer.render(value, scope),
        read_vault=lambda raw, name: load(raw, name, renderer.vault),
    )


def _environment(settings: Any, host: Host) -> str:
    """The host's environment; '' where there are none, or it is in none."""
    try:
        found = settings.environment_of([host])
    except UsageError:
        return ""
    return found.name if found else ""


def _table(writer: Writer, hosts: tuple[Host, ...], environments: Mapping[str, str]) -> None:
    from mplay.report.table import Cell, write_table

    rows: list[list[Cell]] = [
        [h.name, _address(h), environments[h.name] or "-", " ".join(h.groups) or "-"] for h in hosts
    ]
    if rows:
        write_table(writer, ["host", "address", "environment", "groups"], rows)
    else:
        writer.line("no hosts")


def _address(host: Host) -> str:
    if host.connection.kind == "local":
        return "local"
    port = f":{host.connection.port}" if host.connection.port else ""
    return f"{host.connection.address or host.name}{port}"


def _document(
    known: Inventory, hosts: tuple[Host, ...], environments: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "hosts": [
            {
                "name": host.name,
                "environment": environments[host.name],
                "groups": list(host.groups),
                "connection": host.connection.kind,
                "address": host.connection.address or host.name,
                "port": host.connection.port,
                "user": host.connection.user,
                "vars": dict(host.vars),
            }
            for host in hosts
        ],
        "groups": {name: list(members) for name, members in known.groups.items()},
    }
