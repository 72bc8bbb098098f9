"""Check what a web server answers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from mplay.sdk import Check, Facts, Judgement, Script, Verdict, sh

LIMIT = 32_768
"""Bytes of the answer that are kept; the rest is read and dropped."""
SHOWN = 200
_BAD_URL = "needs a `url` like http://HOST/PATH, not {!r}"
Status = Annotated[int, Field(ge=100, le=599)]


def _several(given: object) -> object:
    return tuple(given) if isinstance(given, list | tuple) else (given,)


class Http(Check):
    """A request that must be answered as expected.

    ::

        - id: smoke
          http: {url: "http://localhost/healthz", status: 200, body_matches: '"healthy": true'}
          until: 3m

    Each host of the step asks, with its own ``curl`` or ``wget``; a host that has neither is
    *unknown*. With `from: controller` the machine that runs mplay asks instead.
    """

    FREE_FORM: ClassVar[str] = "url"

    url: str
    """What is asked for."""
    status: Annotated[tuple[Status, ...], BeforeValidator(_several)] = (200,)
    """The status that is right, or a list of them."""
    method: Literal["GET", "HEAD"] = "GET"
    """`HEAD` asks for no content."""
    headers: dict[str, str] = Field(default={})
    """Headers of the request; they need ``curl``."""
    body_matches: str = ""
    """A regular expression (Python's) that is found in the first 32 KiB of the answer."""
    timeout: Annotated[float, Field(gt=0, le=600)] = 10.0
    """Seconds until the whole answer must be there."""
    follow_redirects: bool = False
    """Whether to ask where a redirect leads; else its own status counts."""
    validate_certs: bool = True
    """Whether the server's certificate must be valid."""
    ca_file: str = ""
    """A file, where the request is made, with the certificates that are trusted."""
    from_: Literal["host", "controller"] = Field(default="host", alias="from")
    """Who asks."""

    @model_validator(mode="after")
    def _can_be_sent(self) -> Self:
        if not re.fullmatch(r"https?://[^\s\x00-\x1f]+", self.url):
            raise ValueError(_BAD_URL.format(self.url))
        try:
            re.compile(self.body_matches)
        except re.error as error:
            raise ValueError("has in `body_matches` no expression: " + str(error)) from error
        for name, value in self.headers.items():
            if not re.fullmatch(r"[A-Za-z0-9-]+", name) or re.search(
                r"[\x00-\x08\x0a-\x1f]", value
            ):
                raise ValueError("has a header that cannot be sent: " + repr(name))
        return self

    def on_controller(self) -> bool:
        """Where `from` says so."""
        return self.from_ == "controller"

    def probe(self) -> Script:
        """Ask once. What may be confidential goes through standard input, not the arguments."""
        return sh(
            _PROBE,
            curl=self._curl(),
            curl_config=self._curl_config(),
            wget=self._wget(),
            wget_will_do="false" if self.headers else "true",
            url=self.url,
            limit=LIMIT,
            tool=self._key("tool"),
            status=self._key("status"),
            seconds=self._key("seconds"),
            error=self._key("error"),
            body=self._key("body"),
        )

    def judge(self, seen: Facts) -> Verdict:
        """Failed with every reason, unknown where nothing can ask."""
        if seen[self._key("tool")] == "none":
            lacking = "curl, which sends headers unseen," if self.headers else "curl or wget"
            return Verdict(
                judgement=Judgement.UNKNOWN, reasons=("there is no " + lacking + " to ask with",)
            )
        measured = {"seconds": float(seen[self._key("seconds")])}
        reasons = tuple(self._wrong(seen))
        judgement = Judgement.FAILED if reasons else Judgement.OK
        said = reasons or ("status " + seen[self._key("status")],)
        return Verdict(judgement=judgement, reasons=said, measurements=measured)

    def _wrong(self, seen: Facts) -> Iterator[str]:
        error, status, body = (seen.get(self._key(k), "") for k in ("error", "status", "body"))
        if error:
            yield _cut(error)
            return
        if status not in map(str, self.status):
            yield "status " + status + ", not " + " or ".join(map(str, self.status))
        if self.body_matches and not re.search(self.body_matches, body, re.MULTILINE):
            yield "nothing in the answer matches " + self.body_matches
        elif status in map(str, self.status):
            return
        if body.strip():
            yield "it said: " + _cut(body)

    def _key(self, of: str) -> str:
        whole = self.method + " " + self.url
        return "http:" + hashlib.sha256(whole.encode()).hexdigest() + ":" + of

    def _curl(self) -> Sequence[str]:
        options = ["-q", "-sS", "-w", _TRAILER, "--max-time", str(self.timeout)]
        return (
            *options,
            *(["-I"] if self.method == "HEAD" else []),
            *(["-L", "--max-redirs", "10"] if self.follow_redirects else []),
            *([] if self.validate_certs else ["-k"]),
            *(["--cacert", self.ca_file] if self.ca_file else []),
        )

    def _curl_config(self) -> str:
        values = [("url", self.url), *(("header", h) for h in self._header_lines())]
        return "".join(name + " = " + json.dumps(value) + "\n" for name, value in values)

    def _wget(self) -> Sequence[str]:
        return (
            *("-q", "-O", "-", "-S", "--content-on-error", "--tries=1"),
            *("-T", str(self.timeout), "--max-redirect", "10" if self.follow_redirects else "0"),
            *(["--method=HEAD"] if self.method == "HEAD" else []),
            *([] if self.validate_certs else ["--no-check-certificate"]),
            *(["--ca-certificate", self.ca_file] if self.ca_file else []),
        )

    def _header_lines(self) -> list[str]:
        return [name + ": " + value for name, value in self.headers.items()]


def _cut(text: str) -> str:
    shown = text.strip()
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 3] + "..."


_TRAILER = r"\n%{http_code} %{time_total}"

_PROBE = r"""line='
'
if command -v curl >/dev/null; then
  ask() { printf %s {curl_config} | curl {curl} -K -; }
elif {wget_will_do} && command -v wget >/dev/null; then
  ask() {
    read -r begun _ </proc/uptime
    wget {wget} -- {url}
    code=$?
    read -r ended _ </proc/uptime
    spent=$((${ended%.*}${ended#*.} - ${begun%.*}${begun#*.}))
    printf '\nwget %s.%02d' "$((spent / 100))" "$((spent % 100))"
    return "$code"
  }
else
  fact {tool} none
  exit 0
fi
all=$({ ask 2>&1; printf ' %s' "$?"; } | { head -c {limit}; tail -c 1000; })
trailer=${all##*"$line"}
body=${all%"$line"*}
status=${trailer%% *}; code=${trailer##* }
seconds=${trailer#* }; seconds=${seconds%% *}
error=
if [ "$status" = wget ]; then
  status=$(printf '%s\n' "$body" |
    sed -n '/^  /!q; s#^  HTTP/[0-9.]* \([0-9]*\).*#\1#p' | tail -n 1)
  body=$(printf '%s\n' "$body" | awk '!past && /^  / { next } { past = 1; print }')
  case $code:$status in
    4:*) error='no connection, or no answer in time' ;;
    5:*) error='the certificate of the server is not valid' ;;
    *:) error="no answer (wget ended with $code)" ;;
  esac
elif [ "$code" != 0 ]; then
  error=${body:-"curl ended with $code"}
fi
fact {tool} found
fact {status} "$status"
fact {seconds} "$seconds"
fact {error} "$error"
fact {body} "$body"
"""
