"""Asks a Prometheus server one question; run by `prometheus`, in a process of its own.

Standard input: ``{"url", "query", "headers", "timeout", "ca_file", "validate_certs"}``. Standard
output, one line: ``{"series": [[labels, number as text], ...]}`` or ``{"error": text}``. Whatever
comes from the server is bounded in size and time.
"""

from __future__ import annotations

import base64
import json
import signal
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

MOST_SERIES = 100
MOST_BYTES = 4 * 1024 * 1024
_SHOWN = 200


class Refused(Exception):
    """There is no answer that could be judged; the text says why."""


def answer(request: dict[str, Any]) -> list[list[str]]:
    """The series that the query gives now: labels and value. Refused."""
    try:
        with urllib.request.urlopen(_request(request), **_options(request)) as reply:
            raw = reply.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        raw = error.read(MOST_BYTES + 1)
        if not raw.startswith(b"{"):
            raise Refused(f"the server answers {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise Refused(getattr(error.reason, "strerror", None) or str(error.reason)) from error
    if len(raw) > MOST_BYTES:
        raise Refused("the answer is larger than 4 MiB: aggregate in the query")
    return _series(raw)


def _request(request: dict[str, Any]) -> urllib.request.Request:
    parts = urllib.parse.urlsplit(request["url"])
    user, at, place = parts.netloc.rpartition("@")
    path = parts.path.rstrip("/") + "/api/v1/query"
    url = urllib.parse.urlunsplit((parts.scheme, place, path, "", ""))
    body = urllib.parse.urlencode({"query": request["query"]}).encode()
    headers = dict(request["headers"])
    if at:
        plain = urllib.parse.unquote(user).encode()
        headers.setdefault("Authorization", "Basic " + base64.b64encode(plain).decode())
    return urllib.request.Request(url, data=body, headers=headers)


def _options(request: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {"timeout": request["timeout"]}
    if request["url"].startswith("https:"):
        context = ssl.create_default_context(cafile=request["ca_file"] or None)
        if not request["validate_certs"]:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        options["context"] = context
    return options


def _series(raw: bytes) -> list[list[str]]:
    try:
        said = json.loads(raw)
        if said["status"] != "success":
            raise Refused(str(said.get("error", "the server could not answer"))[:_SHOWN])
        kind, result = said["data"]["resultType"], said["data"]["result"]
        if kind == "scalar":
            return [["", str(float(result[1]))]]
        if kind != "vector":
            raise Refused(f"the query gives a {kind}, not numbers of this moment")
        if len(result) > MOST_SERIES:
            raise Refused(f"the query gives {len(result)} series: aggregate, to {MOST_SERIES}")
        return [[_labels(one["metric"]), str(float(one["value"][1]))] for one in result]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise Refused("what answers is no Prometheus server") from error


def _labels(metric: dict[str, str]) -> str:
    name = str(metric.get("__name__", ""))
    rest = sorted((str(k), str(v)) for k, v in metric.items() if k != "__name__")
    told = ", ".join(f'{key}="{value}"' for key, value in rest)
    whole = name + ("{" + told + "}" if told else "")
    return whole if len(whole) <= _SHOWN else whole[: _SHOWN - 3] + "..."


def main() -> None:
    """Answer what standard input asks."""
    request = json.load(sys.stdin)

    def late(*_: object) -> None:
        raise Refused("no answer in time")

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, request["timeout"])
    try:
        said: dict[str, object] = {"series": answer(request)}
    except (Refused, OSError, ValueError) as error:
        said = {"error": str(error) or type(error).__name__}
    signal.setitimer(signal.ITIMER_REAL, 0)
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
