"""Where the passwords of Ansible Vault come from: files, scripts that print them, a person.

``--vault-id dev@FILE`` gives one for the id ``dev``, ``--vault-id FILE`` one for ``default``,
``dev@prompt`` asks. A file that may be executed is run and prints the password; one whose name ends
with ``-client`` is told the id: ``--vault-id dev``. A password file may itself be encrypted with a
password that was given before it. All of this is as Ansible does it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mplay.model.errors import UsageError, Where
from mplay.source.envelope import is_encrypted
from mplay.source.vault import DEFAULT_ID, Key, Vault

Ask = Callable[[str], str]
"""Asks a person for a password; the argument is the question."""

PROMPTS = ("prompt", "prompt_ask_vault_pass")


def vault_ids(
    ids: Sequence[str], files: Sequence[str], environment: Mapping[str, str], *, ask: bool
) -> list[str]:
    """All that was given as ``ID@SOURCE``: options, then what Ansible reads of the environment."""
    listed = environment.get("ANSIBLE_VAULT_IDENTITY_LIST", "").split(",")
    found = [one.strip() for one in listed if one.strip()] + list(ids)
    named = [*files, environment.get("ANSIBLE_VAULT_PASSWORD_FILE", "")]
    found += [f"{DEFAULT_ID}@{file}" for file in named if file]
    return [*found, f"{DEFAULT_ID}@prompt_ask_vault_pass"] if ask else found


def keys(given: Sequence[str], ask: Ask) -> list[Key]:
    """The passwords of ``ID@SOURCE`` texts. UsageError says what is wrong with one of them."""
    found: list[Key] = []
    for one in given:
        label, at, source = one.partition("@")
        if not at:
            label, source = "", one
        label = label or DEFAULT_ID
        if source in PROMPTS:
            named = f" ({label})" if source == "prompt" else ""
            password = ask(f"Vault password{named}: ").encode().strip()
        else:
            password = _from_file(Path(source).expanduser(), label, found)
        if not password:
            raise UsageError(f"the password of the vault id '{label}' is empty", where=source)
        found.append(Key(label, password))
    return found


def _from_file(path: Path, label: str, earlier: Sequence[Key]) -> bytes:
    try:
        if path.is_dir():
            raise UsageError("this is a folder, not a file with a vault password", where=str(path))
        if os.access(path, os.X_OK):
            return _printed(path, label)
        raw = path.read_bytes().strip()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        what = f"the vault password file cannot be read: {reason}"
        raise UsageError(what, where=str(path), hint="Name a file that you may read.") from error
    if is_encrypted(raw):
        where = Where(str(path))
        raw = Vault(earlier).decrypt(raw.decode("utf-8", "replace"), where).strip(b"\r\n")
    return raw


def _printed(path: Path, label: str) -> bytes:
    """What a script prints. Its errors go to the terminal, where it may ask something too."""
    client = path.stem.endswith("-client")
    words = [str(path.absolute()), *(["--vault-id", label] if client else [])]
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, check=False)
    except OSError as error:
        what = f"the vault password script cannot be run: {error.strerror}"
        hint = "If it is no script, take its executable bit away: chmod -x"
        raise UsageError(what, where=str(path), hint=hint) from error
    if done.returncode:
        what = f"the vault password script ended with {done.returncode}"
        raise UsageError(what, where=str(path), hint=f"Run it yourself: {path}")
    return done.stdout.strip(b"\r\n")
