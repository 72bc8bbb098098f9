"""`prometheus` against a server of this machine that answers as Prometheus does."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from mplay.registry import Registry, call
from mplay.sdk import Check, Verdict
from mplay.testing.hostshell import HostShell

VECTORS: dict[str, list[tuple[dict[str, str], str]]] = {
    "one": [({}, "0.25")],
    "two": [({"__name__": "up", "job": "a"}, "1"), ({"__name__": "up", "job": "b"}, "0")],
    "nan": [({}, "NaN")],
    "infinite": [({}, "+Inf")],
    "none": [],
    "many": [({"n": str(n)}, "1") for n in range(101)],
}


class Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = parse_qs(raw)["query"][0]
        status, said = 200, self.says(query)
        if query == "wrong(":
            status, said = 400, {"status": "error", "error": "1:7: parse error"}
        if query == "late":
            self.server.late.wait(20)  # type: ignore[attr-defined]
        body = b"<html>" if query == "html" else json.dumps(said).encode()
        self.send_response(404 if self.path != "/prom/api/v1/query" else status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def says(self, query: str) -> dict[str, Any]:
        if query == "scalar":
            return {"status": "success", "data": {"resultType": "scalar", "result": [1, "3"]}}
        if query == "who":
            return self.vector([({"auth": self.headers.get("Authorization", "")}, "1")])
        if query == "matrix":
            return {"status": "success", "data": {"resultType": "matrix", "result": []}}
        return self.vector(VECTORS.get(query, []))

    def vector(self, found: list[tuple[dict[str, str], str]]) -> dict[str, Any]:
        result = [{"metric": metric, "value": [1, value]} for metric, value in found]
        return {"status": "success", "data": {"resultType": "vector", "result": result}}

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's name
        pass


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.late = threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}/prom/"
        server.late.set()  # type: ignore[attr-defined]
        server.shutdown()


@pytest.fixture
def ask(place: str, tmp_path: Path) -> Any:
    host = HostShell(state=str(tmp_path / "state"))

    def asked(query: str, *, url: str = "", **arguments: object) -> Verdict:
        module = Registry().find("prometheus")
        assert module is not None
        check = call(module, {"url": url or f"http://{place}", "query": query, **arguments})
        assert isinstance(check, Check)
        return check.judge(host.facts(check.probe()))

    return asked


def test_a_number_within_bounds_is_ok_and_is_measured(ask: Any) -> None:
    verdict = ask("one", max=0.3, min=0.2)
    assert (verdict.judgement, verdict.reasons) == ("ok", ("it is 0.25",))
    assert verdict.measurements == {"value": 0.25}
    assert ask("scalar", expect=3).judgement == "ok"


def test_each_number_that_is_out_of_bounds_is_told(ask: Any) -> None:
    verdict = ask("two", min=1)
    assert verdict.judgement == "failed"
    assert verdict.reasons == ('up{job="b"} is 0, below 1',)
    assert ask("one", max=0.1).reasons == ("it is 0.25, above 0.1",)
    assert ask("infinite", max=1).reasons == ("it is inf, above 1",)


@pytest.mark.parametrize("query", ["none", "nan"])
def test_no_number_means_what_the_step_says(ask: Any, query: str) -> None:
    assert ask(query, max=1).judgement == "unknown"
    assert ask(query, max=1, empty="failed").judgement == "failed"
    assert ask(query, max=1, empty="ok").judgement == "ok"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("wrong(", "parse error"),
        ("many", "101 series"),
        ("matrix", "gives a matrix"),
        ("html", "no Prometheus"),
    ],
)
def test_what_cannot_be_judged_is_unknown_with_the_reason(ask: Any, query: str, why: str) -> None:
    verdict = ask(query, max=1)
    assert verdict.judgement == "unknown"
    assert why in verdict.reasons[0]


def test_a_server_that_does_not_answer_is_unknown(ask: Any) -> None:
    refused = ask("one", url="http://127.0.0.1:9", max=1)
    assert (refused.judgement, "refused" in refused.reasons[0]) == ("unknown", True)
    late = ask("late", max=1, timeout=0.3)
    assert (late.judgement, late.reasons) == ("unknown", ("no answer: no answer in time",))


def test_a_password_of_the_address_is_sent_as_a_header(ask: Any, place: str) -> None:
    verdict = ask("who", url=f"http://anna:p%40ss@{place}", max=1)
    sent = base64.b64encode(b"anna:p@ss").decode()
    assert verdict.measurements == {f'{{auth="Basic {sent}"}}': 1.0}
