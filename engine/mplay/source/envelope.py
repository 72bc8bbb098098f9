"""How a text under Ansible Vault is told from any other."""

from __future__ import annotations

from mplay.model.sealed import VAULT


def is_encrypted(raw: bytes | str) -> bool:
    """Whether a file or a text is one that `ansible-vault` has made."""
    return raw[: len(VAULT)] == (VAULT.encode() if isinstance(raw, bytes) else VAULT)
