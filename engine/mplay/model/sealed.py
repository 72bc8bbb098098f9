"""A value that stands encrypted in a file and is opened only where it is used."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from mplay.model.errors import Where

VAULT = "$ANSIBLE_VAULT;"
"""What the text of an encrypted value or file begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A value under Ansible Vault: `envelope` is the encrypted text as it was written.

    `path` leads to the value inside the YAML of a file that is encrypted as a whole; an inline
    value has none. The journal and the digests hold this, never what is inside.
    """

    envelope: str
    where: Where
    path: tuple[str | int, ...] = ()

    @property
    def reference(self) -> str:
        """By which the secret is known again in another process; tells nothing about it."""
        inside = "".join(f"/{part}" for part in self.path)
        return f"vault:{hashlib.sha256(self.envelope.encode()).hexdigest()}{inside}"

    def __str__(self) -> str:
        return "(encrypted)"
