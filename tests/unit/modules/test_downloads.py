"""What `get_url` fetches, from a server of this machine into a scratch folder."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mplay.registry import Registry, call
from mplay.sdk import Change, State, unmet
from mplay.testing.hostshell import Ended, HostShell

BODY = b"a body \0 with every \xff byte\n"
SUM = hashlib.sha256(BODY).hexdigest()
CURL, WGET = {"program:curl": "yes"}, {"program:curl": "no", "program:wget": "yes"}


@dataclass
class Server:
    """Answers ``/file`` with the body and all else with 404; remembers what it was asked."""

    url: str = ""
    headers: list[Mapping[str, str]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    known = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.headers.append(dict(self.headers))
            found = self.path == "/file"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(BODY if found else b"nothing here")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its own name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        known.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        yield known
        listening.shutdown()
        thread.join()


@pytest.fixture
def host(tmp_path: Path) -> HostShell:
    return HostShell(state=str(tmp_path / "state"))


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    folder = tmp_path / "there"
    folder.mkdir()
    return folder / "file"


def made(**arguments: object) -> State:
    module = Registry().find("get_url")
    assert module is not None
    state = call(module, arguments)
    assert isinstance(state, State)
    return state


def planned(host: HostShell, state: State, tool: Mapping[str, str]) -> Change:
    change = state.plan({**host.facts(state.probe()), **tool})
    assert change is not None
    return change


def done(host: HostShell, change: Change) -> Ended:
    assert host.run(change.save).rc == 0
    return host.run(change.apply)


@pytest.mark.parametrize("tool", [CURL, WGET], ids=["curl", "wget"])
@pytest.mark.parametrize("checksum", [f"sha256:{SUM}", "none"])
def test_what_the_server_has_is_put_in_place_whole(
    host: HostShell, server: Server, dest: Path, tool: Mapping[str, str], checksum: str
) -> None:
    state = made(url=f"{server.url}/file", dest=str(dest), checksum=checksum, mode="0600")
    change = planned(host, state, tool)
    assert done(host, change).rc == 0
    assert dest.read_bytes() == BODY
    after = host.facts(state.probe())
    assert not unmet(change.expect, after)
    assert state.plan(after) is None


@pytest.mark.parametrize("tool", [CURL, WGET], ids=["curl", "wget"])
@pytest.mark.parametrize("path", ["/file", "/gone"])
def test_what_is_not_as_expected_leaves_the_old_file_and_nothing_else(
    host: HostShell, server: Server, dest: Path, tool: Mapping[str, str], path: str
) -> None:
    dest.write_text("old")
    state = made(url=server.url + path, dest=str(dest), checksum="sha256:" + "0" * 64)
    ended = done(host, planned(host, state, tool))
    assert ended.rc != 0
    assert (SUM if path == "/file" else "404") in ended.err
    assert dest.read_text() == "old"
    assert list(dest.parent.iterdir()) == [dest]


def test_a_password_reaches_the_server_and_no_argument_of_a_process(
    host: HostShell, server: Server, dest: Path
) -> None:
    arguments = {"url_username": "ops", "url_password": 'p"\\ss', "headers": {"X-Team": "a'b"}}
    state = made(url=f"{server.url}/file", dest=str(dest), checksum="none", **arguments)
    change = planned(host, state, CURL)
    assert done(host, change).rc == 0
    assert server.headers[0]["Authorization"] == "Basic b3BzOnAiXHNz"
    assert server.headers[0]["X-Team"] == "a'b"
    [command] = [line for line in change.apply.splitlines() if "| curl" in line]
    assert "ss" not in command.partition("| curl")[2].replace("-fsSL", "")
