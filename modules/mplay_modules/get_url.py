"""Download a file to the host."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, ClassVar, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, model_validator

from mplay.sdk import CannotPlan, Change, Facts, Script, lines, sh
from mplay_modules._attributes import NOT_HERE
from mplay_modules._placing import Material, Placing
from mplay_modules._programs import ask_program, has_program

_NONE = "none"
_TRUSTED = "leave it out, and give the server's certificate with `ca_path`"
_CERTIFICATE = "certificates of clients are not sent; use shell with curl"


def _checksum(given: object) -> object:
    """``sha256:HEX`` or none; other algorithms are facts of nobody's."""
    text = _NONE if given is None else str(given).strip()
    if text == _NONE:
        return _NONE
    if not text:
        raise ValueError(
            "must be given: sha256: and the sum (`sha256sum FILE` prints it), or none where"
            " whatever the server sends is trusted"
        )
    kind, _, digest = text.partition(":")
    if re.fullmatch("[0-9a-fA-F]{64}", digest) and kind.lower() == "sha256":
        return "sha256:" + digest.lower()
    if "://" in digest:
        raise ValueError(
            "must be the sum itself: whoever changes the file there changes the list of sums too"
        )
    raise ValueError("must be sha256: and 64 hexadecimal digits (`sha256sum FILE`), or none")


def _url(given: str) -> str:
    if not re.fullmatch(r"https?://[^\s\x00-\x1f\\\"]+", given):
        raise ValueError("must be like https://HOST/PATH, not " + repr(given))
    if "@" in urlsplit(given).netloc:
        raise ValueError("must hold no password; give `url_username` and `url_password`")
    return given


def _headers(given: dict[str, str]) -> dict[str, str]:
    for name, value in given.items():
        if not re.fullmatch(r"[A-Za-z0-9-]+", name) or re.search(r"[\x00-\x08\x0a-\x1f]", value):
            raise ValueError("cannot send the header " + repr(name))
    return given


class GetUrl(Placing):
    """A file with what a web server has, fetched by the host itself with ``curl`` or ``wget``.

    ::

        - id: exporter
          get_url:
            url: https://downloads.example/exporter-1.8.tar.gz
            dest: /opt/exporter-1.8.tar.gz
            checksum: sha256:5f61e1ab7a1c3e8f6d3c2b7a4a8b9bb0c1a1a0de1a3b7a32f0d8b1c9fb4f1a11

    What comes is compared with `checksum` before it is put in place, and then the file is replaced
    at once; a file that has that sum is not fetched again. With ``checksum: none`` whatever the
    server sends is taken, the report says so, and a file that is there is left as it is. The way
    back is the old file as it was. Passwords and headers are in no process's arguments.
    """

    TIMEOUT: ClassVar[float] = 3600.0
    CONFINED: ClassVar[bool] = False
    REFUSED: ClassVar = NOT_HERE | {
        "backup": "leave it out: every change is kept until it can no longer be undone",
        "force": "leave it out: with a checksum a file that differs is replaced",
        "sha256sum": "write checksum: sha256:…",
        "tmp_dest": "leave it out: it is fetched beside the file, and put in place at once",
        "use_proxy": "set http_proxy and https_proxy in the step's `environment`",
        "force_basic_auth": "leave it out: a password is sent at once",
        "http_agent": "write headers: {User-Agent: …}",
        "validate_certs": _TRUSTED,
        "client_cert": _CERTIFICATE,
        "client_key": _CERTIFICATE,
        "ciphers": "leave it out: those of the host's TLS library are used",
        "decompress": "leave it out: the file is kept as the server has it",
        "unredirected_headers": "leave it out: curl sends no password to another server",
        "use_gssapi": "use shell with curl --negotiate",
        "use_netrc": "leave it out: .netrc is not read; give `url_username` and `url_password`",
    }

    url: Annotated[str, AfterValidator(_url)]
    """What is fetched, by HTTP or HTTPS; redirects are followed, from HTTPS to HTTPS only."""
    checksum: Annotated[str, BeforeValidator(_checksum)] = Field(default="", validate_default=True)
    """Must be given: ``sha256:`` and the sum that it must have; ``none`` where whatever comes is
    trusted."""
    timeout: Annotated[int, Field(gt=0, le=600)] = 10
    """Seconds for connecting, and without a byte; the step's own `timeout` bounds all of it."""
    headers: Annotated[dict[str, str], AfterValidator(_headers)] = Field(default={})
    """Headers of the request; they need ``curl``."""
    url_username: str = Field(default="", validation_alias=AliasChoices("url_username", "username"))
    """Who asks, for a server that wants to know; needs ``curl``."""
    url_password: str = Field(default="", validation_alias=AliasChoices("url_password", "password"))
    """The password of `url_username`."""
    ca_path: str = ""
    """A file of the host with the certificates that are trusted, in place of the system's."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.dest.endswith("/") and not self.name():
            raise ValueError("'dest' must name the file itself: the `url` does not")
        if self.url_password and not self.url_username:
            raise ValueError("has a `url_password` without `url_username`")
        if re.search(r"[\x00-\x1f]", self.url_username + self.url_password):
            raise ValueError("has a name or password that cannot be sent")
        return self

    def name(self) -> str:
        """The last part of the URL's path."""
        return unquote(urlsplit(self.url).path).rpartition("/")[2]

    def digest(self, seen: Facts) -> str:  # noqa: ARG002  only the arguments tell
        """The sum of `checksum`."""
        return self.checksum.removeprefix("sha256:").removeprefix(_NONE)

    def keeps_content(self) -> bool:
        """Without a sum nobody can tell whether it is the right one already."""
        return self.checksum == _NONE

    def probe(self) -> Script:
        """What there is, and what can fetch."""
        return lines(super().probe(), ask_program("curl"), ask_program("wget"))

    def origin(self) -> str:
        """The URL, and whether anything vouches for what comes from there."""
        unsure = ", compared with no checksum" if self.checksum == _NONE else ""
        return ", from " + self.url + unsure

    def plan(self, seen: Facts) -> Change | None:
        """Fetched, compared and put in place; or mode and owner set, or nothing."""
        change = super().plan(seen)
        # Nobody knows how long it takes: nothing goes along with it.
        return replace(change, confined=False) if change else None

    def material(self, seen: Facts) -> Material:
        """By curl, or by wget where nothing is confidential."""
        if has_program("curl", seen):
            config = "".join(self._curl_config())
            return Material(
                made=sh(
                    "printf %s {config} | curl {options} -K -",
                    config=config,
                    options=self._curl(),
                )
            )
        if self.headers or self.url_username:
            raise CannotPlan("there is no curl on it, to send what is confidential; " + _HOW)
        if has_program("wget", seen):
            return Material(made=sh("wget {options} -- {url}", options=self._wget(), url=self.url))
        raise CannotPlan("there is no curl and no wget on it; " + _HOW)

    def _curl(self) -> Sequence[str]:
        patience = str(self.timeout)
        return (
            *("-q", "-fsSL", "--max-redirs", "10", "--connect-timeout", patience),
            *("--speed-limit", "1", "--speed-time", patience),
            *("--proto", "=http,https", "--proto-redir", self._schemes()),
            *(["--cacert", self.ca_path] if self.ca_path else []),
        )

    def _schemes(self) -> str:
        return "=https" if self.url.startswith("https:") else "=http,https"

    def _curl_config(self) -> Iterator[str]:
        yield _setting("url", self.url)
        for name, value in self.headers.items():
            yield _setting("header", name + ": " + value)
        if self.url_username:
            yield _setting("user", self.url_username + ":" + self.url_password)

    def _wget(self) -> Sequence[str]:
        return (
            *("-nv", "-O", "-", "--tries=1", "-T", str(self.timeout), "--max-redirect=10"),
            *(["--ca-certificate", self.ca_path] if self.ca_path else []),
        )


_HOW = "install it in a step before: apt: {name: curl}"


def _setting(name: str, value: str) -> str:
    return name + " = " + json.dumps(value, ensure_ascii=False) + "\n"
