"""Tell people something, through the services that Apprise knows."""

from __future__ import annotations

import difflib
import json
import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from mplay.sdk import Action, CannotPlan, Change, Facts, Script, sh

_CLIENT = str(Path(__file__).with_name("_notify_client.py"))
_SHAPE = re.compile(r"([A-Za-z0-9][A-Za-z0-9+.-]{0,30})://\S*")
_TITLE = 60
PYTHON, CLIENT = "notify:python", "notify:client"


def _several(given: object) -> object:
    """One in place of a list; what a vault or a shell has put around a URL is no part of it.

    Nothing that was given is shown: it may be a URL that stands in a wrong place.
    """
    listed = given if isinstance(given, list | tuple) else (given,)
    if not listed or not all(isinstance(one, str) for one in listed):
        raise ValueError("is a URL of Apprise's, or a list of them: whom is it for?")
    return tuple(str(one).strip() for one in listed)


def _can_be_read(urls: tuple[str, ...]) -> tuple[str, ...]:
    """ValueError says what is wrong with which, and shows nothing of it but a scheme."""
    for number, url in enumerate(urls, 1):
        which = "URL " + str(number) + " of `to`" if len(urls) > 1 else "the URL in `to`"
        if not (shape := _SHAPE.fullmatch(url)):
            raise ValueError(which + " is none: one is like slack://… or mailto://…, without space")
        if _opened(url) is None:
            raise ValueError(_why(which, shape[1].lower()))
    return tuple(dict.fromkeys(urls))


def _opened(url: str) -> tuple[str, str] | None:
    """A URL in full and without its secret parts, as Apprise understands it; None: it does not."""
    # Imported where it is needed: nothing that tells nobody pays for it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import apprise

        service = apprise.Apprise.instantiate(url)
    if service is None:
        return None
    # `url` of Apprise's services has no types.
    return service.url(privacy=False), service.url(privacy=True)  # type: ignore[no-untyped-call]


def _why(which: str, scheme: str) -> str:
    """What is wrong with a URL that Apprise does not understand."""
    import apprise

    schemes = [
        str(word)
        for one in apprise.Apprise().details()["schemas"]
        for word in (*(one["protocols"] or ()), *(one["secure_protocols"] or ()))
    ]
    if scheme in schemes:
        return which + " lacks something that " + scheme + ":// needs; see Apprise's own pages"
    near = difflib.get_close_matches(scheme, schemes, n=1)
    hint = "; did you mean " + near[0] + "://?" if near else ""
    return which + " has a scheme that Apprise does not know: " + scheme + "://" + hint


class Notify(Action):
    """A message to people, by chat, mail or whatever else Apprise has a service for.

    ::

        - id: tell
          notify:
            to: env:STAKEHOLDERS_URL
            title: "Shop: batch done"
            body: "{{ groups['web'] | length }} hosts are up to date."

    It is sent once, from the machine that runs mplay, whatever hosts the step names; each time that
    the step is reached, and never in a dry-run. The step has failed where a service did not take
    it; whether anybody reads it, nobody can tell, and a rollback passes over it.
    Like every change of localhost it locks localhost for its run: of two runs that tell somebody,
    the second is refused until the first is over.

    Where mplay is killed meanwhile, sending goes on, and `mplay resume` asks what became of it:
    what was delivered is not sent again. Where the machine itself went down in the middle of it,
    nobody knows, and it is sent again, as after a failure: twice is better than never.
    """

    TIMEOUT: ClassVar[float] = 180.0
    LOCAL: ClassVar[bool] = True
    REFUSED_OF: ClassVar[str] = "Apprise"
    REFUSED: ClassVar = {
        "attach": "no files are sent; name in `body` where they are",
        "config": "give the URLs themselves in `to`",
        "tag": "give the URLs themselves in `to`",
        "urls": "they are called `to`",
    }

    to: Annotated[tuple[str, ...], BeforeValidator(_several), AfterValidator(_can_be_read)]
    """Apprise's URL of whom it is for, or a list of them: ``env:NAME``, or a value from a vault.
    Written as it is, it may have no secret part."""
    body: Annotated[str, Field(min_length=1, max_length=20_000)]
    """The text. What is too long for a service is cut as Apprise does it."""
    title: Annotated[str, Field(max_length=1000)] = ""
    """The line above it."""
    format: Literal["text", "markdown"] = "text"
    """How the body is written; Apprise translates it for services that want it in another way."""

    def on_controller(self) -> bool:
        """Always: a service is reached from there."""
        return True

    def confidential(self) -> Sequence[tuple[tuple[str | int, ...], str]]:
        """The URLs with a password, a token or a key."""
        found: list[tuple[tuple[str | int, ...], str]] = []
        for number, url in enumerate(self.to):
            opened = _opened(url)
            if opened is not None and opened[0] != opened[1]:
                found.append((("to", number), url))
        return found

    def probe(self) -> Script:
        """What can send here; nobody else is asked anything."""
        return sh(
            _PROBE, python=sys.executable, client=_CLIENT, python_key=PYTHON, client_key=CLIENT
        )

    def plan(self, seen: Facts) -> Change:
        """Send it. URLs go through standard input, not the arguments."""
        if "none" in (seen[PYTHON], seen[CLIENT]):
            raise CannotPlan("the Python of this mplay is gone: install mplay again, and resume")
        message = {"to": self.to, "title": self.title, "body": self.body, "format": self.format}
        return Change(
            summary="tell by " + ", ".join(self._schemes()) + ": " + self._about(),
            apply=sh(_SEND, message=json.dumps(message), python=seen[PYTHON], client=seen[CLIENT]),
            restore=None,
            restored={},
        )

    def _schemes(self) -> list[str]:
        return list(dict.fromkeys(url.partition("://")[0].lower() for url in self.to))

    def _about(self) -> str:
        first = " ".join((self.title or self.body).split())
        return first if len(first) <= _TITLE else first[: _TITLE - 3] + "..."


_PROBE = """python={python} client={client}
[ -x "$python" ] || python=none
[ -r "$client" ] || client=none
fact {python_key} "$python"
fact {client_key} "$client"
"""

_SEND = "printf %s {message} | {python} -EP {client}"
