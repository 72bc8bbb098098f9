"""A project as found from a working directory: configuration, inventory, modules, journal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mplay.app.sudo import SudoPasswords
from mplay.config import Config, default_journal, load_config
from mplay.model.clock import Clock, SystemClock
from mplay.source import Vault, load

if TYPE_CHECKING:
    from mplay.journal import Journal
    from mplay.registry import Registry


def place_words(config: Path | None, journal_url: str) -> tuple[str, ...]:
    """The words that name a project's settings and its journal, where they were given."""
    named = ("-c", str(config)) if config else ()
    return (*named, "--journal", journal_url) if journal_url else named


@dataclass(frozen=True, kw_only=True)
class Project:
    """Where a command works. `inventory`: sources of ``-i``, else those of the configuration.

    `vault` opens what is encrypted; its `secrets` are all that is known of them in this process.
    `sudo` knows passwords by host. `place` are the words with which a command line finds it again.
    """

    config: Config
    inventory: tuple[Path, ...]
    journal_url: str = ""
    clock: Clock = field(default_factory=SystemClock)
    vault: Vault = field(default_factory=Vault)
    sudo: SudoPasswords = field(default_factory=SudoPasswords)
    place: tuple[str, ...] = ()

    @classmethod
    def find(
        cls,
        *,
        start: Path,
        config: Path | None = None,
        inventory: Sequence[Path] = (),
        journal_url: str = "",
        vault: Vault | None = None,
        sudo: SudoPasswords | None = None,
    ) -> Project:
        """The project around a directory; a UsageError says what is wrong with its files."""
        found = load_config(start, config)
        return cls(
            config=found,
            inventory=tuple(inventory) or found.inventory,
            journal_url=journal_url or found.journal_url,
            vault=vault or Vault(),
            sudo=sudo or SudoPasswords(),
            place=place_words(config, journal_url),
        )

    def read_vault(self, raw: bytes, name: str) -> Any:
        """The document of a file of variables that is encrypted as a whole. UsageError."""
        return load(raw, name, self.vault)

    @cached_property
    def registry(self) -> Registry:
        """The modules of the project and the installed ones."""
        from mplay.registry import Registry

        return Registry(self.config.root / "modules")

    def journal(self, *, create: bool = False) -> Journal:
        """The project's journal, opened. UsageError and JournalError say why it cannot be."""
        from mplay.journal import Journal

        place = self.journal_url or str(default_journal(self.config.project, os.environ))
        secrets = self.vault.secrets
        return Journal.open(place, clock=self.clock, create=create, secrets=secrets)
