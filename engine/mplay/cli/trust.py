"""``mplay inventory trust``: record the key by which a host is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mplay.cli import options
from mplay.cli.vault import vault
from mplay.model.errors import UsageError

if TYPE_CHECKING:
    from mplay.channel.hostkeys import HostKey
    from mplay.model.host import Host


@click.command()
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
@options.extra_vars
@options.playbook_dir
@vault
@options.config
def trust(
    name: str,
    fingerprint: str,
    yes: bool,
    inventories: tuple[Path, ...],
    extra_vars: tuple[str, ...],
    playbook_dir: Path | None,
    config_file: Path | None,
) -> int:
    """Record HOST's key, after its fingerprint was compared.

    Get the fingerprint from the host's own console: `ssh-keygen -lf` on its public host key.
    """
    from mplay.channel.ssh import offered_key
    from mplay.cli.given import known, project_of
    from mplay.cli.output import to_stdout

    project = project_of(config_file, inventories)
    host = known(extra_vars, playbook_dir).inventory(project).host(name)
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
