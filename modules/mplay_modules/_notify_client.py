"""Sends one message through Apprise; run by `notify`, in a process of its own.

Standard input: ``{"to": [URL, ...], "title", "body", "format"}``. Standard output: a line for each
service that took the message. Standard error: a line for each that did not, with the reason. URLs
are secrets: a service is named by its kind, and nothing that Apprise or a service says is repeated,
since it may quote them.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import warnings
from typing import Any

_STATUS = re.compile(r"error=(\d{3})\b")


class _Heard(logging.Handler):
    """What Apprise logs while it sends, kept for `reason`."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.said.append(record.getMessage())

    def reason(self) -> str:
        """Why a message was not taken, in words that hold nothing of what was said."""
        for text in self.said:
            if status := _STATUS.search(text):
                return f"it answered {status[1]}"
        if any("onnection error" in text or "Socket Exception" in text for text in self.said):
            return "no connection, or no answer in time"
        if any("recipients" in text or "no targets" in text.lower() for text in self.said):
            return "its URL names nobody whom the message could reach"
        return "the service did not take it"


def send(message: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Send it to each in turn: the kinds of services that took it, and complaints."""
    import apprise

    asset = apprise.AppriseAsset(app_id="mplay", app_desc="mplay", async_mode=False)
    log = logging.getLogger("apprise")
    log.propagate = False
    log.setLevel(logging.DEBUG)
    taken: list[str] = []
    complaints: list[str] = []
    for url in message["to"]:
        heard = _Heard()
        log.handlers = [heard]
        service = apprise.Apprise.instantiate(url, asset=asset)
        if service is None:
            complaints.append("a service: Apprise cannot read its URL")
            continue
        kind = str(service.service_name)
        one = apprise.Apprise(asset=asset)
        one.add(service)
        if one.notify(body=message["body"], title=message["title"], body_format=message["format"]):
            taken.append(kind)
        else:
            complaints.append(f"{kind}: {heard.reason()}")
    return taken, complaints


def main() -> int:
    """Send what standard input asks; 1 where a service did not take it."""
    message = json.load(sys.stdin)
    # Some of Apprise's services warn of what their own imports use.
    warnings.simplefilter("ignore")
    taken, complaints = send(message)
    if taken:
        sys.stdout.write("delivered by " + ", ".join(taken) + "\n")
    for complaint in complaints:
        sys.stderr.write("not delivered by " + complaint + "\n")
    if complaints and taken:
        sys.stderr.write("delivered by " + ", ".join(taken) + "\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
