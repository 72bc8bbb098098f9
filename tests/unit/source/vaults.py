"""Files and values made by the real `ansible-vault`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ANSIBLE_VAULT = Path(sys.executable).with_name("ansible-vault")


def _run(home: Path, *words: str | Path) -> str:
    environment = {**os.environ, "HOME": str(home), "ANSIBLE_LOCAL_TEMP": str(home / "tmp")}
    environment.pop("ANSIBLE_VAULT_PASSWORD_FILE", None)
    command = [str(ANSIBLE_VAULT), *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def password_file(folder: Path, password: str, name: str = "password") -> Path:
    """A file with the password of a vault."""
    file = folder / name
    file.write_text(password + "\n")
    file.chmod(0o600)
    return file


def encrypt(file: Path, key: Path, label: str = "") -> Path:
    """Encrypt a file in place: format 1.2 with an id, else 1.1."""
    given = ["--vault-id", f"{label}@{key}"] if label else ["--vault-password-file", key]
    _run(file.parent, "encrypt", *given, file)
    return file


def inline(value: str, name: str, key: Path, label: str = "") -> str:
    """A line ``NAME: !vault |`` with the lines that belong to it."""
    given = ["--vault-id", f"{label}@{key}"] if label else ["--vault-password-file", key]
    return _run(key.parent, "encrypt_string", *given, value, "--name", name)
