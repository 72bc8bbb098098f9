"""The probe of `http` against a real server on this machine, through curl and through wget."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mplay.registry import Registry, call
from mplay.sdk import Check, Verdict
from mplay.testing.hostshell import HostShell

NEEDED = ("sh", "head", "tail", "tr", "sed", "grep", "awk", "od", "cat", "env", "mkdir")


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/")
            self.end_headers()
            return
        body = {
            "/big": b"x" * 300_000,
            "/bad": b"no\x00t well",
        }.get(self.path, f"hello {self.headers.get('X-Name')}\nsecond".encode())
        self.send_response(500 if self.path == "/bad" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's name
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(params=["curl", "wget", ""], ids=["curl", "wget", "neither"])
def tool(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def host(tool: str, tmp_path: Path) -> HostShell:
    """This machine, with no other program to ask with."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in (*NEEDED, *([tool] if tool else [])):
        real = shutil.which(name)
        assert real is not None, f"{name} is needed for this test"
        (programs / name).symlink_to(real)
    return HostShell(
        state=str(tmp_path / "state"), environment=(f"PATH={programs}", "LC_ALL=C.UTF-8")
    )


def asked(host: HostShell, **arguments: object) -> Verdict:
    module = Registry().find("http")
    assert module is not None
    check = call(module, arguments)
    assert isinstance(check, Check)
    return check.judge(host.facts(check.probe()))


def test_what_is_answered_as_expected_is_ok(host: HostShell, url: str, tool: str) -> None:
    verdict = asked(host, url=url, body_matches="^second$")
    assert verdict.judgement == ("ok" if tool else "unknown"), verdict.reasons


@pytest.mark.parametrize("tool", ["curl", "wget"], indirect=True)
def test_a_redirect_is_followed_only_where_asked(host: HostShell, url: str) -> None:
    assert asked(host, url=f"{url}/moved", status=302).judgement == "ok"
    assert asked(host, url=f"{url}/moved").reasons == ("status 302, not 200",)
    verdict = asked(host, url=f"{url}/moved", follow_redirects=True)
    assert verdict.judgement == "ok", verdict.reasons


@pytest.mark.parametrize("tool", ["curl", "wget"], indirect=True)
def test_a_wrong_status_is_told_with_what_was_said(host: HostShell, url: str) -> None:
    verdict = asked(host, url=f"{url}/bad")
    assert verdict.judgement == "failed"
    assert verdict.reasons == ("status 500, not 200", "it said: not well")


@pytest.mark.parametrize("tool", ["curl", "wget"], indirect=True)
def test_a_long_answer_is_cut(host: HostShell, url: str) -> None:
    assert asked(host, url=f"{url}/big", body_matches="^x+$").judgement == "ok"


@pytest.mark.parametrize("tool", ["curl", "wget"], indirect=True)
def test_where_nobody_listens_the_check_fails(host: HostShell) -> None:
    verdict = asked(host, url="http://127.0.0.1:9/", timeout=2)
    assert verdict.judgement == "failed"
    assert "onnect" in verdict.reasons[0]


@pytest.mark.parametrize("tool", ["curl"], indirect=True)
def test_headers_arrive_as_written(host: HostShell, url: str) -> None:
    name = 'it\'s "a" \\ {b} $HOME'
    verdict = asked(
        host, url=url, headers={"X-Name": name}, body_matches=r'it\'s "a" \\ {b} \$HOME'
    )
    assert verdict.judgement == "ok", verdict.reasons


@pytest.mark.parametrize("tool", ["wget"], indirect=True)
def test_headers_are_not_shown_in_a_process_list(host: HostShell, url: str) -> None:
    assert asked(host, url=url, headers={"X-Name": "secret"}).judgement == "unknown"
