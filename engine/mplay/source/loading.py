"""YAML files, in plain text or encrypted as a whole."""

from __future__ import annotations

from mplay.model.errors import InvalidInput, Problem, Where
from mplay.model.playbook import Value
from mplay.model.sealed import Sealed
from mplay.source import raw
from mplay.source.document import parse
from mplay.source.envelope import is_encrypted
from mplay.source.vault import Vault


def load(text: bytes, name: str, vault: Vault | None = None) -> Value:
    """The one document of a YAML file; None when it is empty. InvalidInput lists what is wrong.

    Of a file that is encrypted as a whole, which `vault` opens, each value is `Sealed`, as inline
    ``!vault`` values are. UsageError where it cannot be opened.
    """
    if not is_encrypted(text):
        return parse(text, name)
    content = raw.decode(text, name)
    if vault is None:
        what = "this is encrypted with Ansible Vault as a whole"
        hint = "encrypt files of variables, or single values with `ansible-vault encrypt_string`"
        raise InvalidInput([Problem(what, Where(name), hint)])
    plain = vault.decrypt(content, Where(name))
    return _sealed(load(plain, name), content, Where(name))


def _sealed(value: Value, envelope: str, where: Where, path: tuple[str | int, ...] = ()) -> Value:
    """The values of a file that is encrypted as a whole, each sealed by itself."""
    if isinstance(value, dict):
        for key, item in value.items():
            value[key] = _sealed(item, envelope, where, (*path, str(key)))
    elif isinstance(value, list):
        value[:] = [_sealed(item, envelope, where, (*path, n)) for n, item in enumerate(value)]
    elif path and not isinstance(value, bool | None):
        own = getattr(value, "where", where)
        return Sealed(envelope=envelope, where=own, path=path)
    return value
