"""Ansible Vault's options, and the secrets that one call of mplay has come to know."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from mplay.cli.options import together
from mplay.model.errors import UsageError
from mplay.model.secrets import Secrets

if TYPE_CHECKING:
    from mplay.source import Vault

_META, _OPENED = "mplay.vault", "mplay.vault.opened"
_FILE = "--vault-password-file"


def _keep(context: click.Context, parameter: click.Parameter, given: Any) -> None:
    context.meta.setdefault(_META, {})[parameter.name] = given


vault = together(
    click.option(
        "--vault-id",
        "vault_ids",
        multiple=True,
        metavar="ID@FILE|ID@prompt",
        expose_value=False,
        callback=_keep,
        help="Where the password of a vault is; may be given several times.",
    ),
    click.option(
        _FILE,
        "--vault-pass-file",
        "vault_files",
        multiple=True,
        metavar="FILE",
        expose_value=False,
        callback=_keep,
        help="A file with the password of the vault, or a program that prints it.",
    ),
    click.option(
        "-J",
        "--ask-vault-pass",
        "--ask-vault-password",
        "ask_vault",
        is_flag=True,
        expose_value=False,
        callback=_keep,
        help="Ask for the password of the vault.",
    ),
)
"""Who opens what `ansible-vault` has encrypted."""


def known_secrets() -> Secrets:
    """The secrets of this call, which every writer takes out of what it writes."""
    context = click.get_current_context(silent=True)
    found = context.find_object(Secrets) if context else None
    return found or Secrets()


def open_vault() -> Vault:
    """The vault of this call. The first time it asks for what a person is to type. UsageError."""
    context = click.get_current_context(silent=True)
    kept: dict[str, Any] = context.meta if context else {}
    if _OPENED not in kept:
        kept[_OPENED] = _opened(kept.get(_META, {}))
    found: Vault = kept[_OPENED]
    return found


def vault_words() -> list[str]:
    """The words with which another call has the same passwords."""
    context = click.get_current_context(silent=True)
    given = context.meta.get(_META, {}) if context else {}
    words = [word for one in given.get("vault_ids", ()) for word in ("--vault-id", one)]
    words += [word for one in given.get("vault_files", ()) for word in (_FILE, one)]
    return [*words, *(["--ask-vault-pass"] if given.get("ask_vault") else [])]


def _opened(given: Mapping[str, Any]) -> Vault:
    from mplay.source.passwords import keys, vault_ids
    from mplay.source.vault import Vault

    ids = vault_ids(
        given.get("vault_ids", ()),
        given.get("vault_files", ()),
        os.environ,
        ask=given.get("ask_vault", False),
    )
    return Vault(keys(ids, _ask), known_secrets())


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(
            "there is no terminal to ask for the password of the vault on",
            hint="Give it with --vault-password-file, or run it in a terminal.",
        )
    return str(click.prompt(question, prompt_suffix="", hide_input=True, err=True))
