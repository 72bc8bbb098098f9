"""``mplay lab``: throwaway Debian hosts on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mplay.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mplay.lab.lab import HostStatus, Lab

FORMATS = click.Choice(["text", "json"])


@click.group()
@options.examples(
    "mplay lab up staging",
    "mplay apply playbooks/monthly.yml --limit staging --dry-run",
    "mplay lab down",
)
def lab() -> None:
    """Throwaway Debian hosts on this machine, to try things on.

    Needs root on Linux. `mplay lab doctor` says what is missing.
    """


@lab.command()
@options.examples("mplay lab up", "mplay lab up staging bare:10")
@click.argument("targets", nargs=-1, metavar="[staging|production|all|bare:N]...")
def up(targets: tuple[str, ...]) -> None:
    """Bring hosts up (staging, unless told) and wait until they are in service.

    Hosts that are up already stay as they are. The first time builds the images, which takes a few
    minutes and needs this machine's Debian mirror.
    """
    from mplay.lab.written_inventory import inventory_file

    chosen = targets or ("staging",)
    laboratory = _lab()
    statuses = laboratory.up(chosen)
    _print_statuses(statuses)
    kinds = {status.role == "bare" for status in statuses}
    for bare in sorted(kinds):
        click.echo(f"inventory: {inventory_file(laboratory.place, bare=bare)}")


@lab.command()
@options.examples("mplay lab down", "mplay lab down stg-web1")
@click.argument("hosts", nargs=-1, metavar="[HOST]...")
def down(hosts: tuple[str, ...]) -> None:
    """End hosts and delete their disks; with no HOST, leave nothing of the lab running."""
    _lab().down(hosts)


@lab.command()
@options.examples("mplay lab reset stg-web1")
@click.argument("host")
def reset(host: str) -> None:
    """Give HOST a new disk, as if it had just been made. Takes about two seconds."""
    _print_statuses([_lab().reset(host)])


@lab.command()
@options.examples("mplay lab status", "mplay lab status --format json")
@click.option("--format", "form", type=FORMATS, default="text", show_default=True)
def status(form: str) -> None:
    """Show the hosts of the lab: name, role, address, state, root.

    ROOT is a path on this machine at which the host's files can be read.
    """
    statuses = _lab().status()
    if form == "json":
        import dataclasses
        import json

        click.echo(json.dumps([dataclasses.asdict(status) for status in statuses], indent=2))
    else:
        _print_statuses(statuses)


@lab.command()
@options.examples("mplay lab doctor")
def doctor() -> None:
    """Say whether this machine can run a lab, and the command that mends what is missing."""
    from mplay.lab.doctor import examine

    findings = examine(_lab().place)
    for finding in findings:
        click.echo(f"{'ok  ' if finding.well else 'FAIL'}  {finding.what}")
        if not finding.well:
            click.echo(f"      {finding.mend}")
    if not all(finding.well for finding in findings):
        raise click.exceptions.Exit(2)


@lab.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@options.examples("mplay lab ssh stg-web1", "mplay lab ssh -l root stg-web1 systemctl --failed")
@click.option("-l", "--login", default="ops", show_default=True, help="The user to log in as.")
@click.argument("host")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def ssh(login: str, host: str, command: tuple[str, ...]) -> None:
    """Log in to HOST, or run COMMAND there."""
    import os

    from mplay.lab.ssh import ssh_command

    laboratory = _lab()
    argv = ssh_command(laboratory.place, laboratory.record(host), login=login, command=command)
    try:
        os.execvp(argv[0], argv)
    except FileNotFoundError:
        raise click.UsageError("This machine has no ssh. `mplay lab doctor` says more.") from None


@lab.command()
@options.examples("mplay lab publish 1.0 1.2", "mplay lab publish 1.0 1.1 --host stg-web1")
@click.argument("versions", nargs=-1, required=True, metavar="VERSION...")
@click.option("--host", "hosts", multiple=True, help="Only there; may be given more than once.")
def publish(versions: tuple[str, ...], hosts: tuple[str, ...]) -> None:
    """Let apt see exactly these versions of the app `shop` (after `up`: 1.0 1.1).

    1.0 and 1.1 are good; in 1.2 the postinst fails; in 1.3 the service does not start; 1.4 is
    unhealthy. A host notices at its next `apt-get update`.
    """
    _lab().publish(versions, hosts)


@lab.command()
@options.examples("mplay lab fault stg-web1 link-down --for 30", "mplay lab fault stg-web1 link-up")
@click.argument("host")
@click.argument("kind", type=click.Choice(["link-down", "link-up"]))
@click.option("--for", "seconds", type=click.FloatRange(min=0), help="Mend it after SECONDS.")
def fault(host: str, kind: str, seconds: float | None) -> None:
    """Put a fault into HOST: link-down cuts its network, link-up mends it.

    With --for the command lasts that long, and the fault ends with it.
    """
    from mplay.lab import faults
    from mplay.lab.lab import need_root

    laboratory = _lab()
    need_root()
    record = laboratory.record(host)
    if kind == "link-up":
        faults.link_up(laboratory.place, record)
    else:
        faults.link_down(laboratory.place, record, seconds=seconds)


def _lab() -> Lab:
    import os

    from mplay.lab.lab import Lab
    from mplay.lab.place import place_from

    return Lab(place_from(os.environ), lambda line: click.echo(line, err=True))


def _print_statuses(statuses: Sequence[HostStatus]) -> None:
    rows = [("NAME", "ROLE", "ADDRESS", "STATE", "ROOT")]
    rows += [(s.name, s.role, s.address, s.state, s.root or "-") for s in statuses]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row[4]]))


def main() -> None:
    """Run the lab's commands alone, as ``python -m mplay.cli.lab``."""
    import sys

    from mplay.model.errors import MplayError

    try:
        lab(prog_name="mplay lab")
    except MplayError as error:
        click.echo(f"mplay: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
