"""How a host is reached, by its variables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mplay.inventory.scopes import Scopes
from mplay.model.errors import UsageError, Where
from mplay.model.host import LOCALHOST, Connection
from mplay.model.playbook import Text
from mplay.model.sealed import Sealed

_SSH = frozenset({"ssh", "smart", "paramiko", "paramiko_ssh", "ansible.builtin.ssh"})
_LOCAL = frozenset({"local", "ansible.builtin.local"})
_KEY_FILE = ("ansible_ssh_private_key_file", "ansible_private_key_file")
_PORT = ("ansible_ssh_port", "ansible_port")
_TIMEOUT = ("ansible_ssh_timeout", "ansible_timeout")
_ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
_BECOME = frozenset({"sudo", "ansible.builtin.sudo"})
_REFUSED = {
    "ansible_password": "Use a key, or an agent.",
    "ansible_ssh_pass": "Use a key, or an agent.",
    "ansible_ssh_password": "Use a key, or an agent.",
}


class Reading:
    """Reads the connection of one host; UsageError names what cannot be used."""

    def __init__(self, host: str, variables: Mapping[str, Any], scopes: Scopes) -> None:
        self._host = host
        self._variables = variables
        self._scopes = scopes

    def connection(self) -> Connection:
        """How the host is reached."""
        self._refuse()
        kind = self._kind()
        return Connection(
            kind=kind,
            address=self._text("ansible_ssh_host", "ansible_host"),
            port=self._port(),
            user=self._text("ansible_ssh_user", "ansible_user"),
            key_file=_absolute(self._text(*_KEY_FILE)),
            common_args=self._arguments(),
            connect_timeout=self._seconds(),
        )

    def _refuse(self) -> None:
        for name, hint in _REFUSED.items():
            if name in self._variables:
                raise self._wrong(f"{name} is not in this version", name, hint)
        method = self._text("ansible_become_method")
        if method and method not in _BECOME:
            what = f"ansible_become_method {method} is not in this version"
            raise self._wrong(what, "ansible_become_method", "mplay becomes with sudo.")

    def _kind(self) -> str:
        written = self._text("ansible_connection")
        if written in _LOCAL or (not written and self._host == LOCALHOST):
            return "local"
        if not written or written in _SSH:
            return "ssh"
        what = f"ansible_connection {written} is not in this version"
        raise self._wrong(what, "ansible_connection", "There are ssh and local.")

    def _port(self) -> int | None:
        text = self._text(*_PORT)
        if not text:
            return None
        if not text.isdigit() or not 0 < int(text[:6]) < 65536:
            what = f"the port of {self._host} is '{text}', which is no port"
            raise self._wrong(what, self._first(*_PORT), "")
        return int(text)

    def _arguments(self) -> str:
        return " ".join(filter(None, (self._text(name) for name in _ARGUMENTS)))

    def _seconds(self) -> float:
        text = self._text(*_TIMEOUT)
        if not text:
            return Connection().connect_timeout
        if not text.isdigit() or not int(text[:6]):
            what = f"the time to connect to {self._host} is '{text}', which is no number of seconds"
            raise self._wrong(what, self._first(*_TIMEOUT), "")
        return float(text[:6])

    def _first(self, *names: str) -> str:
        return next(name for name in names if self._variables.get(name) is not None)

    def _text(self, *names: str) -> str:
        for name in names:
            value = self._variables.get(name)
            if value is not None:
                return str(self._rendered(name, value)).strip()
        return ""

    def _rendered(self, name: str, value: Any) -> Any:
        template = isinstance(value, str) and ("{{" in value or "{%" in value)
        if not template and not isinstance(value, Sealed):
            return value
        if not self._scopes.can_render():
            raise self._wrong(f"a template in {name} is not in this version", name, "")
        return self._scopes.render(self._host, value)

    def _wrong(self, what: str, name: str, hint: str) -> UsageError:
        return UsageError(
            f"{self._host}: {what}", where=written_at(self._variables, name), hint=hint
        )


def key_file_problem(host: str, variables: Mapping[str, Any], key_file: str) -> UsageError | None:
    """What is wrong with the private key of a host, looked at before any host is contacted."""
    if not key_file or Path(key_file).is_file():
        return None
    name = next((n for n in _KEY_FILE if n in variables), _KEY_FILE[0])
    return UsageError(
        f"{host}: the private key {key_file} is not there",
        where=written_at(variables, name),
        hint=f"Make the key, or set {name}; the lab's keys are made by 'mplay lab up'.",
    )


def written_at(variables: Mapping[str, Any], name: str) -> Where | None:
    """Where a variable's value was written, as far as it is known."""
    value = variables.get(name)
    return value.where if isinstance(value, Text) else None


def _absolute(path: str) -> str:
    """Made absolute, so that a run is resumed from any folder."""
    return str(Path(path).expanduser().absolute()) if path else ""
