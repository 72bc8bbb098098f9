"""The probes of `tcp` and `wait_for` against real sockets and files of this machine."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mplay.registry import Registry, call
from mplay.sdk import Check, Verdict
from mplay.testing.hostshell import HostShell

NEEDED = ("sh", "env", "mkdir", "cat", "timeout", "grep", "awk", "od", "tr", "sed")
BANNER = b"SSH-2.0-Tests_1\r\nand no more"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A port that says a line to whoever connects, and keeps the connection."""
    kept = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                    connection.sendall(BANNER)
                except OSError:
                    return
                kept.append(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    for connection in kept:
        connection.close()


@pytest.fixture
def closed() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def host_with(tmp_path: Path, *tools: str) -> HostShell:
    """This machine, with no other programs to connect with."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in (*NEEDED, *tools):
        real = shutil.which(name)
        assert real is not None, f"{name} is needed for this test"
        (programs / name).symlink_to(real)
    return HostShell(
        state=str(tmp_path / "state"), environment=(f"PATH={programs}", "LC_ALL=C.UTF-8")
    )


@pytest.fixture
def host(tmp_path: Path) -> HostShell:
    return host_with(tmp_path, "bash")


def asked(host: HostShell, name: str, /, **arguments: object) -> Verdict:
    module = Registry().find(name)
    assert module is not None
    check = call(module, arguments)
    assert isinstance(check, Check)
    return check.judge(host.facts(check.probe()))


def test_a_port_that_takes_connections_is_open(host: HostShell, port: int) -> None:
    verdict = asked(host, "tcp", port=port)
    assert verdict.judgement == "ok", verdict.reasons
    assert 0 < verdict.measurements["seconds"] < 5
    assert asked(host, "tcp", port=port, state="closed").judgement == "failed"


def test_a_port_on_which_nobody_listens_is_closed(host: HostShell, closed: int) -> None:
    verdict = asked(host, "tcp", port=closed)
    assert verdict.reasons == (f"127.0.0.1 port {closed}: Connection refused",)
    assert verdict.judgement == "failed"
    assert asked(host, "tcp", port=closed, state="closed").judgement == "ok"


@pytest.mark.parametrize("state", ["open", "closed"])
def test_a_name_that_nobody_has_says_nothing_about_a_port(host: HostShell, state: str) -> None:
    verdict = asked(host, "tcp", host="nobody.invalid", port=80, state=state)
    assert verdict.judgement == "failed"
    assert "name" in verdict.reasons[0].lower()


def test_without_a_program_to_connect_with_nobody_can_tell(tmp_path: Path, port: int) -> None:
    host = host_with(tmp_path)
    assert asked(host, "tcp", port=port).judgement == "unknown"
    assert asked(host, "wait_for", port=port).judgement == "unknown"
    assert asked(host, "wait_for", port=port, search_regex="x").judgement == "unknown"


def test_what_a_port_says_is_searched(host: HostShell, port: int) -> None:
    assert asked(host, "wait_for", port=port, search_regex=r"Tests_\d").judgement == "ok"
    verdict = asked(host, "wait_for", port=port, search_regex="nothing", connect_timeout=0.3)
    assert verdict.judgement == "failed"
    assert "nothing that it says matches" in verdict.reasons[0]


def test_a_port_is_drained_once_its_last_connection_is_gone(host: HostShell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        here = {"port": port, "state": "drained", "active_connection_states": ["ESTABLISHED"]}
        assert asked(host, "wait_for", **here).judgement == "ok"
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            assert asked(host, "wait_for", **here).judgement == "failed"
            assert asked(host, "wait_for", host="0.0.0.0", **here).judgement == "failed"
            assert asked(host, "wait_for", host="192.0.2.1", **here).judgement == "ok"
        assert asked(host, "wait_for", **here).judgement == "ok"


def test_connections_over_ipv6_are_counted(host: HostShell) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        here = {"port": port, "state": "drained", "active_connection_states": ["ESTABLISHED"]}
        with socket.create_connection(("::1", port)), server.accept()[0]:
            assert asked(host, "wait_for", host="::1", **here).judgement == "failed"
            assert asked(host, "wait_for", host="::", **here).judgement == "failed"
            assert asked(host, "wait_for", host="2001:db8::1", **here).judgement == "ok"


def test_a_file_is_searched_line_by_line(host: HostShell, tmp_path: Path) -> None:
    log = tmp_path / "app -v {x}.log"
    log.write_bytes(b"starting\n\xff\xfe ready in 31 ms\n")
    found = asked(host, "wait_for", path=str(log), search_regex=r"ready in (?P<n>[0-9]+) ms$")
    assert found.judgement == "ok", found.reasons
    assert asked(host, "wait_for", path=str(log), search_regex="-x").judgement == "failed"
    assert asked(host, "wait_for", path=str(log), state="absent").judgement == "failed"
    assert asked(host, "wait_for", path=str(tmp_path), search_regex="x").judgement == "unknown"


def test_a_link_that_leads_nowhere_is_not_there(host: HostShell, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nothing")
    assert asked(host, "wait_for", path=str(link)).judgement == "failed"
    assert asked(host, "wait_for", path=str(link), state="absent").judgement == "ok"
