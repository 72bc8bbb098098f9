"""``mplay config``: every setting with its value, and where that comes from."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mplay.cli import options

if TYPE_CHECKING:
    from mplay.config.settings import Plain, Setting
    from mplay.report.table import Cell


@click.command()
@options.examples(
    "mplay config",
    "mplay config --format json",
    "mplay config -c other/mplay.toml --journal /tmp/j.db",
)
@options.inventory
@options.of_project
def config(
    inventories: tuple[Path, ...], config_file: Path | None, journal_place: str, form: str
) -> None:
    """Show every setting that is in force here, and who gave it.

    That is the line of mplay.toml, an option, a variable of the environment, or nobody: then it is
    the default. Logins in URLs are not shown.
    """
    from mplay.cli.output import to_stdout
    from mplay.config.settings import Given, settings
    from mplay.report.table import write_table

    found = options.find_config(config_file)
    given = Given(config_file=config_file, inventory=inventories, journal=journal_place)
    known = settings(found, given, os.environ)
    if form == "json":
        to_stdout().document({"settings": [asdict(one) for one in known]})
        return
    rows: list[list[Cell]] = [[one.name, _shown(one.value), _origin(one)] for one in known]
    write_table(to_stdout(), ["setting", "value", "from"], rows)


def _shown(value: Plain) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else ", ".join(value)
    return text or "-"


def _origin(setting: Setting) -> str:
    here = f"{Path.cwd()}/"
    return setting.where.removeprefix(here) or str(setting.origin)
