"""SSH to real hosts: who is let in, whose key is believed, how root is reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mplay.channel.connect import Connectors
from mplay.channel.hostkeys import HostKey, remember
from mplay.channel.protocol import Channel, Claim, Piece, PieceKind
from mplay.channel.relay import Manner
from mplay.channel.ssh import offered_key
from mplay.model.errors import HostRefused, Unreachable
from mplay.model.host import Connection, Host
from tests.faults.channel.lab_bed import connection
from tests.lab.fixtures import LabHost, LabHosts

pytestmark = pytest.mark.lab

WHO = Piece(name="who", kind=PieceKind.PROBE, script='fact who "$(id -un)"')
PASSWORD = "correct horse"


@pytest.fixture
def web(staging: LabHosts) -> LabHost:
    return staging["stg-web1"]


@pytest.fixture
def opened() -> Iterator[list[Channel]]:
    channels: list[Channel] = []
    yield channels
    for channel in channels:
        channel.close()


def who(web: LabHost, way: Connection, opened: list[Channel], manner: Manner | None = None) -> str:
    channel = Connectors(manner).open(Host(name=web.name, connection=way))
    opened.append(channel)
    return channel.look([WHO], become=True)["who"].stdout.decode().split()[-1]


def _offered(host: LabHost, known: Path) -> HostKey:
    way = replace(connection(host), common_args=f"-o UserKnownHostsFile={known}")
    key = offered_key(Host(name=host.name, connection=way))
    assert key is not None
    return key


def test_become_is_root_by_sudo_without_a_password(web: LabHost, opened: list[Channel]) -> None:
    assert who(web, connection(web, user="ops"), opened) == "root"
    assert who(web, connection(web, user="root"), opened) == "root"


def test_sudo_is_given_its_password_only_when_it_asks(web: LabHost, opened: list[Channel]) -> None:
    asked: list[str] = []

    def ask(host: str) -> str:
        asked.append(host)
        return PASSWORD

    manner = Manner(ask_password=ask)
    assert who(web, connection(web, user="nosudo"), opened, manner) == "root"
    assert asked == [web.name]
    assert who(web, connection(web, user="ops"), opened, manner) == "root"
    assert asked == [web.name]


def test_sudo_that_needs_a_password_nobody_gave_is_a_refusal(
    web: LabHost, opened: list[Channel]
) -> None:
    with pytest.raises(HostRefused, match="needs a password") as refused:
        who(web, connection(web, user="nosudo"), opened)
    assert "-K" in refused.value.problem.hint


def test_a_wrong_password_is_a_refusal_and_is_not_tried_again(
    web: LabHost, opened: list[Channel]
) -> None:
    manner = Manner(ask_password=lambda *_: "wrong")
    with pytest.raises(HostRefused, match="refused the password"):
        who(web, connection(web, user="nosudo"), opened, manner)


def test_an_account_without_become_has_state_of_its_own(
    web: LabHost, opened: list[Channel]
) -> None:
    before = web.output("ls -A /var/lib/mplay 2>/dev/null || true")
    channel = Connectors().open(Host(name=web.name, connection=connection(web, user="ops")))
    opened.append(channel)
    greeting = channel.hello(Claim(run="20260101-0200-own", token="a" * 32, owner="me"))
    assert greeting.user == "ops"
    assert "/home/ops/.local/state/mplay" in greeting.free
    assert web.output("ls -A /var/lib/mplay 2>/dev/null || true") == before
    channel.release()


def test_an_unknown_host_key_is_refused_with_its_fingerprint_and_what_mends_it(
    web: LabHost, tmp_path: Path
) -> None:
    nothing = tmp_path / "known_hosts"
    way = replace(connection(web), common_args=f"-o UserKnownHostsFile={nothing}")
    with pytest.raises(HostRefused) as refused:
        Connectors().open(Host(name=web.name, connection=way))
    assert "SHA256:" in str(refused.value)
    assert f"mplay inventory trust {web.name}" in str(refused.value)


def test_a_changed_host_key_is_refused_with_both_fingerprints(
    staging: LabHosts, web: LabHost, tmp_path: Path
) -> None:
    known = tmp_path / "known_hosts"
    other = _offered(staging["stg-lb1"], known)
    remember(replace(other, name=web.address), known)
    way = replace(connection(web), common_args=f"-o UserKnownHostsFile={known}")
    with pytest.raises(HostRefused, match="CHANGED") as refused:
        Connectors().open(Host(name=web.name, connection=way))
    assert str(refused.value).count("SHA256:") == 2


def test_a_key_that_was_recorded_on_purpose_is_believed(
    web: LabHost, tmp_path: Path, opened: list[Channel]
) -> None:
    known = tmp_path / "known_hosts"
    way = replace(connection(web), common_args=f"-o UserKnownHostsFile={known}")
    key = _offered(web, known)
    assert key.fingerprint.startswith("SHA256:")
    remember(key, known)
    assert who(web, way, opened) == "root"
    assert offered_key(Host(name=web.name, connection=way)) is None


def test_a_gateway_is_passed_and_its_key_is_checked_too(
    staging: LabHosts, web: LabHost, tmp_path: Path, opened: list[Channel]
) -> None:
    gate = staging["stg-lb1"]
    way = connection(web)
    jump = f"{way.common_args} -o ProxyJump=root@{gate.address}"
    assert who(web, replace(way, common_args=jump), opened) == "root"
    known = tmp_path / "known_hosts"
    remember(_offered(web, known), known)
    only_web = f"-o UserKnownHostsFile={known} -o ProxyJump=root@{gate.address}"
    with pytest.raises(HostRefused, match="host key is unknown"):
        Connectors().open(Host(name=web.name, connection=replace(way, common_args=only_web)))


def test_a_missing_key_file_is_named(web: LabHost) -> None:
    way = replace(connection(web), key_file="/nowhere/key")
    with pytest.raises(HostRefused, match="/nowhere/key does not exist"):
        Connectors().open(Host(name=web.name, connection=way))


def test_a_login_that_is_refused_says_whose_and_with_what(web: LabHost) -> None:
    with pytest.raises(HostRefused, match="refused the login of nobody@"):
        Connectors().open(Host(name=web.name, connection=connection(web, user="nobody")))


def test_an_address_where_nobody_listens_is_unreachable(web: LabHost) -> None:
    way = replace(connection(web), port=9)
    with pytest.raises(Unreachable, match=f"{web.address}:9 does not answer"):
        Connectors().open(Host(name=web.name, connection=way))


def test_an_address_that_never_answers_is_unreachable_in_its_time(web: LabHost) -> None:
    silent = web.address.rpartition(".")[0] + ".250"
    way = replace(connection(web), address=silent, connect_timeout=0.5)
    with pytest.raises(Unreachable, match="does not answer"):
        Connectors().open(Host(name=web.name, connection=way))


def test_a_name_that_does_not_resolve_is_unreachable(web: LabHost) -> None:
    way = replace(connection(web), address="no-such-host.invalid")
    with pytest.raises(Unreachable, match="does not answer"):
        Connectors().open(Host(name=web.name, connection=way))


def test_an_option_of_ssh_that_is_not_supported_is_named(web: LabHost) -> None:
    way = replace(connection(web), common_args="-D 1080")
    with pytest.raises(HostRefused, match="-D is not supported"):
        Connectors().open(Host(name=web.name, connection=way))
