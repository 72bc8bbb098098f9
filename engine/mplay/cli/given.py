"""What a command about hosts was given: its project, and how the inventory is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mplay.cli.vault import open_vault

if TYPE_CHECKING:
    from mplay.app.contact import Known
    from mplay.app.project import Project


def project_of(config_file: Path | None, inventories: Sequence[Path]) -> Project:
    """The project around the working directory. UsageError."""
    from mplay.app.project import Project

    return Project.find(
        start=Path.cwd(), config=config_file, inventory=inventories, vault=open_vault()
    )


def known(extra_vars: Sequence[str], playbook_dir: Path | None) -> Known:
    """How the inventory is read. As for Ansible, a playbook would lie where the call is made."""
    from mplay.app.contact import Known
    from mplay.app.extra import extra_vars as read

    return Known(extra_vars=read(extra_vars, open_vault()), playbook_dir=playbook_dir or Path.cwd())
