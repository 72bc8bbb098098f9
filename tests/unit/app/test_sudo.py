from __future__ import annotations

from typing import Any

import pytest

from mplay.app.sudo import SudoPasswords, kept
from mplay.executor.context import RunContext
from mplay.model.errors import HostRefused, UsageError, Where
from mplay.model.host import Connection, Host
from mplay.model.plan import Graph, Plan
from mplay.model.playbook import Text
from mplay.model.sealed import Sealed
from mplay.model.secrets import Secrets
from mplay.sdk import Module
from mplay.template import Renderer

SEALED = Sealed(envelope="$ANSIBLE_VAULT;1.1;AES256\n3031\n", where=Where("v.yml", 1, 1))


def never(*_: Any) -> Module:
    raise AssertionError("no module is made")


def context(**variables: Any) -> RunContext:
    host = Host(name="w1", groups=(), vars=variables, connection=Connection())
    return RunContext(
        run="r",
        plan=Plan(name="", hosts=(), steps={}, blocks={}, main=Graph()),
        hosts={"w1": host},
        groups={},
        extra_vars={},
        templates=Renderer(),
        bind=never,
    )


def test_the_variable_of_a_host_wins_over_what_was_typed_for_all() -> None:
    sudo = SudoPasswords(Secrets(), typed="typed one")
    named = Text("{{ other }}", Where("v.yml", 1, 1))
    sudo.learn(context(ansible_become_pass=named, other="of the host"), ["w1"])
    assert (sudo("w1"), sudo("w2")) == ("of the host", "typed one")
    assert sudo.secrets.found_in("is of the host")
    assert SudoPasswords()("w1") == ""


def test_what_cannot_be_opened_is_an_error_now_or_told_when_sudo_asks() -> None:
    sudo = SudoPasswords()
    with pytest.raises(UsageError, match=r"v\.yml:1:1 this is encrypted"):
        sudo.learn(context(ansible_become_password=SEALED), ["w1"])
    sudo.recall(context(ansible_become_password=SEALED), ["w1"])
    with pytest.raises(HostRefused, match="sudo's password: this is encrypted"):
        sudo("w1")


def test_of_passwords_the_journal_keeps_only_what_is_encrypted_or_elsewhere() -> None:
    where = Where("v.yml", 1, 1)
    given = {
        "ansible_become_password": SEALED,
        "ansible_become_pass": Text("{{ other }}", where),
        "ansible_sudo_pass": Text("env:SUDO", where),
        "ansible_password": Text("in plain", where),
        "other": 1,
    }
    assert set(given) - set(kept(given)) == {"ansible_password"}
