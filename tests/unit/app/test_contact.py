"""Who answers: hosts are asked at once, and what one of them says is told of that one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mplay.app.contact import Asked, Contact, Known, contact
from mplay.app.prepare import Request, prepare
from mplay.app.project import Project
from mplay.channel.protocol import Channel, Piece, PieceResult
from mplay.config import Config
from mplay.model.errors import HostRefused, UsageError
from mplay.model.host import Host
from mplay.testing import FakeConnector, FakeHost

INVENTORY = """\
[web]
w1 color=red
w2 ansible_become=yes
[db]
d1 ansible_become=false ansible_user=own
[odd]
o1 ansible_connection=winrm
"""


class Watching:
    """Opens channels as a fake does, and keeps how each host was reached."""

    def __init__(self, fakes: FakeConnector) -> None:
        self._fakes = fakes
        self.reached: dict[str, Host] = {}

    def open(self, host: Host) -> Channel:
        self.reached[host.name] = host
        return self._fakes.open(host)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    source = tmp_path / "hosts.ini"
    source.write_text(INVENTORY)
    return Project(config=Config(root=tmp_path), inventory=(source,))


def without_sudo(piece: Piece) -> PieceResult | None:
    raise HostRefused("w2", "sudo wants a password", hint="Give it with -K.")


def fakes(folder: Path, **more: FakeHost) -> Watching:
    names = ("w1", "w2", "d1", "localhost")
    plain = {name: FakeHost(name=name, folder=folder, user="ops") for name in names}
    return Watching(FakeConnector({**plain, **more}.values()))


def asked(
    project: Project, connector: Watching, pattern: str, **given: object
) -> Mapping[str, Contact]:
    found = contact(project, Asked(pattern=pattern, **given), connector)  # type: ignore[arg-type]
    return {one.host: one for one in found}


def test_each_host_tells_who_it_is(project: Project, tmp_path: Path) -> None:
    found = asked(project, fakes(tmp_path), "web,db")
    assert list(found) == ["w1", "w2", "d1"]
    assert {one.status for one in found.values()} == {"ok"}
    assert {one.login for one in found.values()} == {"ops"}
    assert {one.root for one in found.values()} == {False}


def test_whoever_logs_in_as_root_has_root(project: Project, tmp_path: Path) -> None:
    root = FakeHost(name="w1", folder=tmp_path, user="root")
    assert asked(project, fakes(tmp_path, w1=root), "w1")["w1"].root is True


def test_without_root_a_host_says_no_where_the_variables_or_the_caller_want_it(
    project: Project, tmp_path: Path
) -> None:
    closed = {
        name: FakeHost(name=name, folder=tmp_path, user="ops", answers=[without_sudo])
        for name in ("w1", "w2", "d1")
    }
    found = asked(project, fakes(tmp_path, **closed), "web,db")
    assert {n: one.status for n, one in found.items()} == {"w1": "ok", "w2": "refused", "d1": "ok"}
    assert "sudo wants a password" in str(found["w2"].error)
    assert found["w2"].about is not None
    found = asked(project, fakes(tmp_path, **closed), "web,db", become=True)
    assert {one.status for one in found.values()} == {"refused"}


def test_a_host_that_does_not_answer_is_told_of_and_the_others_are_asked(
    project: Project, tmp_path: Path
) -> None:
    gone = FakeHost(name="w1", folder=tmp_path, unreachable=-1)
    found = asked(project, fakes(tmp_path, w1=gone), "web")
    assert (found["w1"].status, found["w2"].status) == ("unreachable", "ok")
    assert "connection timed out" in str(found["w1"].error)


def test_a_limit_leaves_fewer_and_nobody_is_an_error(project: Project, tmp_path: Path) -> None:
    assert list(asked(project, fakes(tmp_path), "all", limit="db")) == ["d1"]
    with pytest.raises(UsageError, match="'web' chooses no host"):
        asked(project, fakes(tmp_path), "web", limit="db")


def test_the_account_is_for_hosts_whose_variables_name_none(
    project: Project, tmp_path: Path
) -> None:
    connector = fakes(tmp_path)
    asked(project, connector, "w1,d1", user="me")
    assert connector.reached["w1"].connection.user == "me"
    assert connector.reached["d1"].connection.user == "own"


def test_extra_variables_say_how_hosts_are_reached(project: Project, tmp_path: Path) -> None:
    connector = fakes(tmp_path)
    asked(project, connector, "w1", known=Known(extra_vars={"ansible_port": 2222}))
    assert connector.reached["w1"].connection.port == 2222


def test_localhost_answers_too(project: Project, tmp_path: Path) -> None:
    assert asked(project, fakes(tmp_path), "localhost")["localhost"].status == "ok"


@pytest.mark.parametrize(
    ("pattern", "limit", "told"),
    [
        ("nobody", "", "PATTERN no host or group is called 'nobody'"),
        ("all", "nobody", "--limit no host or group is called 'nobody'"),
        ("odd", "", "hosts.ini:7:23 o1: ansible_connection winrm is not in this version"),
    ],
)
def test_what_is_wrong_is_told_before_anybody_is_asked(
    project: Project, tmp_path: Path, pattern: str, limit: str, told: str
) -> None:
    connector = fakes(tmp_path)
    with pytest.raises(UsageError) as caught:
        asked(project, connector, pattern, limit=limit)
    assert told in str(caught.value)
    assert not connector.reached


BOOK = "name: X\nhosts: web\nsteps: [{id: a, delegate_to: o1, shell: {run: x, undo: y}}]\n"


def test_a_host_outside_the_limit_may_be_one_that_mplay_cannot_reach(
    project: Project, tmp_path: Path
) -> None:
    book = tmp_path / "book.yml"
    book.write_text(BOOK.replace("delegate_to: o1, ", "").replace("hosts: web", "hosts: all"))
    assert list(prepare(project, Request(playbook=book, limit="db"), "r").plan.hosts) == ["d1"]
    with pytest.raises(UsageError, match="ansible_connection winrm is not in this version"):
        prepare(project, Request(playbook=book), "r")


def test_a_delegate_that_cannot_be_reached_is_refused_and_an_idle_one_is_not(
    project: Project, tmp_path: Path
) -> None:
    book = tmp_path / "book.yml"
    book.write_text(BOOK.replace("delegate_to: o1, ", ""))
    assert list(prepare(project, Request(playbook=book), "r").plan.hosts) == ["w1", "w2"]
    book.write_text(BOOK)
    with pytest.raises(UsageError, match=r"hosts\.ini:7:23 o1: ansible_connection winrm"):
        prepare(project, Request(playbook=book), "r")
