"""Check what a Prometheus server says."""

from __future__ import annotations

import hashlib
import json
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from mplay.sdk import Check, Facts, Judgement, Script, Verdict, sh

_CLIENT = str(Path(__file__).with_name("_prometheus_client.py"))
_SHOWN = 5


class Prometheus(Check):
    """A query whose every number must be within bounds.

    ::

        - id: errors
          prometheus:
            url: http://mon1.example.org:9090
            query: sum(rate(http_errors_total[5m]))
            max: 0.01
        - id: slower_than_yesterday
          prometheus:
            url: http://mon1.example.org:9090
            query: avg(latency_seconds) / avg(latency_seconds offset 1d)
            max: 1.2

    The machine that runs mplay asks, whatever hosts the step names; it needs nothing but mplay.
    The numbers are kept as measurements of the run. More than 100 series are refused, since
    nobody would look at each: aggregate in the query.
    """

    CONTROLLER: ClassVar[bool] = True

    url: str
    """Where the server is: ``http://HOST:9090``, with the path under which it is served."""
    query: Annotated[str, Field(min_length=1, max_length=20_000)]
    """PromQL that gives an instant vector or a scalar."""
    max: float | None = None
    """No number may be above it."""
    min: float | None = None
    """No number may be below it."""
    expect: float | None = None
    """Every number must be this one."""
    empty: Literal["failed", "ok", "unknown"] = "unknown"
    """What it means when there is no number: no series, or ``NaN``."""
    timeout: Annotated[float, Field(gt=0, le=50)] = 10.0
    """Seconds until the whole answer must be there."""
    headers: dict[str, str] = Field(default={})
    """Headers of the request."""
    validate_certs: bool = True
    """Whether the server's certificate must be valid."""
    ca_file: str = ""
    """A file of the controller with the certificates that are trusted."""

    @model_validator(mode="after")
    def _can_be_judged(self) -> Self:
        if not re.fullmatch(r"https?://[^\s\x00-\x1f?#]+", self.url):
            raise ValueError("needs a `url` like http://HOST:9090, not " + repr(self.url))
        if self.max is None and self.min is None and self.expect is None:
            raise ValueError("needs `max`, `min` or `expect`: what is right?")
        for name, value in self.headers.items():
            if not re.fullmatch(r"[A-Za-z0-9-]+", name) or re.search(r"[\x00-\x1f]", value):
                raise ValueError("has a header that cannot be sent: " + repr(name))
        return self

    def probe(self) -> Script:
        """Ask once. What may be confidential goes through standard input, not the arguments."""
        request = {
            "url": self.url,
            "query": self.query,
            "headers": self.headers,
            "timeout": self.timeout,
            "ca_file": self.ca_file,
            "validate_certs": self.validate_certs,
        }
        return sh(
            _PROBE,
            request=json.dumps(request),
            python=sys.executable,
            client=_CLIENT,
            key=self._key(),
        )

    def judge(self, seen: Facts) -> Verdict:
        """Failed with every number that is out of bounds; unknown where there is no answer."""
        said = json.loads(seen[self._key()])
        if "error" in said:
            return Verdict(judgement=Judgement.UNKNOWN, reasons=("no answer: " + said["error"],))
        numbers = {labels: float(value) for labels, value in said["series"]}
        known = {name: value for name, value in numbers.items() if not math.isnan(value)}
        measured = {name or "value": v for name, v in known.items() if math.isfinite(v)}
        if len(known) < max(len(numbers), 1) and self.empty != "ok":
            why = "some series have no number" if known else "the query gives no number"
            return Verdict(judgement=Judgement(self.empty), reasons=(why,), measurements=measured)
        wrong = [text for name, value in known.items() for text in self._wrong(name, value)]
        more = ["and " + str(len(wrong) - _SHOWN) + " more"] if len(wrong) > _SHOWN else []
        return Verdict(
            judgement=Judgement.FAILED if wrong else Judgement.OK,
            reasons=tuple(wrong[:_SHOWN] + more) or tuple(_told(known)),
            measurements=measured,
        )

    def _wrong(self, name: str, value: float) -> Iterator[str]:
        told = (name + " is " if name else "it is ") + format(value, "g")
        if self.max is not None and value > self.max:
            yield told + ", above " + format(self.max, "g")
        if self.min is not None and value < self.min:
            yield told + ", below " + format(self.min, "g")
        if self.expect is not None and value != self.expect:
            yield told + ", not " + format(self.expect, "g")

    def _key(self) -> str:
        whole = self.url + "\n" + self.query
        return "prometheus:" + hashlib.sha256(whole.encode()).hexdigest() + ":answer"


def _told(known: dict[str, float]) -> list[str]:
    """The numbers, where they are few."""
    if len(known) > _SHOWN:
        return [str(len(known)) + " series are within bounds"]
    return [(name + " is " if name else "it is ") + format(v, "g") for name, v in known.items()]


_PROBE = """answer=$(printf %s {request} | {python} -I {client}) || exit 1
fact {key} "$answer"
"""
