"""`notify` through Apprise to a server of this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mplay.registry import BadArguments, Registry, call
from mplay.sdk import Action, Certainty, Module, WayBack
from mplay.testing.hostshell import Ended, HostShell

TOKEN = "T0ken-of-a-url"


class Service(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.taken.append((self.path, said))  # type: ignore[attr-defined]
        self.send_response(int(self.path.strip("/") or "200"))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's name
        pass


@pytest.fixture
def server() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as made:
        made.taken = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()


@pytest.fixture
def place(server: Any) -> str:
    return f"json://user:{TOKEN}@127.0.0.1:{server.server_address[1]}"


def notify(**arguments: object) -> Module:
    module = Registry().find("notify")
    assert module is not None
    return call(module, arguments)


@pytest.fixture
def send(tmp_path: Path) -> Any:
    host = HostShell(state=str(tmp_path / "state"))

    def sent(**arguments: object) -> Ended:
        made = notify(**arguments)
        assert isinstance(made, Action)
        change = made.plan(host.facts(made.probe()))
        assert change is not None
        return host.run(change.apply)

    return sent


def test_a_message_arrives_as_it_was_written(send: Any, server: Any, place: str) -> None:
    body = 'it\'s "done" \\n {{ x }} $HOME `id` é\nsecond line'
    ended = send(to=place, title="Über", body=body)
    assert (ended.rc, ended.out, ended.err) == (0, b"delivered by JSON\n", "")
    [(_, said)] = server.taken
    assert (said["title"], said["message"]) == ("Über", body)


@pytest.mark.parametrize(
    ("form", "arrives"), [("markdown", "<strong>done</strong>"), ("text", "**done**")]
)
def test_a_service_that_wants_html_is_given_it(
    send: Any, server: Any, place: str, form: str, arrives: str
) -> None:
    assert send(to=place + "/?format=html", body="it is **done**", format=form).rc == 0
    [(_, said)] = server.taken
    assert arrives in said["message"]


def test_each_url_is_told_once(send: Any, server: Any, place: str) -> None:
    assert send(to=[place, place + "/201", place], body="done").rc == 0
    assert [path for path, _ in server.taken] == ["/", "/201"]


def test_what_a_service_does_not_take_is_told_by_its_kind_and_nothing_else(
    send: Any, server: Any, place: str
) -> None:
    ended = send(to=[place + "/403", place], body="done")
    assert ended.rc == 1
    assert ended.err.splitlines() == [
        "not delivered by JSON: it answered 403",
        "delivered by JSON",
    ]
    assert TOKEN not in ended.err
    assert len(server.taken) == 2, "the others are told all the same"


def test_where_nothing_listens_there_is_no_connection(send: Any) -> None:
    ended = send(to=f"json://user:{TOKEN}@127.0.0.1:9/{TOKEN}", body="done")
    assert ended.rc == 1
    assert ended.err == "not delivered by JSON: no connection, or no answer in time\n"


def test_planning_tells_nobody(server: Any, place: str, tmp_path: Path) -> None:
    made = notify(to=place, body="done")
    assert isinstance(made, Action)
    seen = HostShell(state=str(tmp_path / "state")).facts(made.probe())
    assert made.plan(seen) is not None
    assert (made.certainty(), made.way_back()) == (Certainty.ACTS, WayBack.HARMLESS)
    assert server.taken == []


@pytest.mark.parametrize(
    "to",
    [
        f"slakc://{TOKEN}/B/C",
        f"slack://{TOKEN}",
        TOKEN,
        f"{TOKEN} ://x",
        {"url": TOKEN},
        [[TOKEN]],
        ["syslog://", f"nothing://{TOKEN}"],
    ],
)
def test_a_bad_url_is_refused_without_being_shown(to: object) -> None:
    with pytest.raises(BadArguments) as refused:
        notify(to=to, body="done")
    assert TOKEN not in str(refused.value)
    assert "to" in refused.value.problems[0].path


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("json://127.0.0.1/", False),
        ("syslog://", False),
        ("json://user:word@127.0.0.1/", True),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", True),
        ("tgram://123456789:abcdefg_hijklmnop/lead2gold", True),
    ],
)
def test_a_url_with_a_password_or_a_token_is_confidential(url: str, secret: bool) -> None:
    made = notify(to=["syslog://", url], body="done")
    assert made.confidential() == ([(("to", 1), url)] if secret else [])
