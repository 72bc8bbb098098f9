"""Public keys of SSH as lines of an ``authorized_keys`` file."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

_TYPE = r"(?:(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9-]+(?:@openssh\.com)?)"
_KEY = re.compile(
    rf"(?:(?P<options>(?:[^\s\"]|\"(?:\\.|[^\"\\])*\")+)\s+)??"
    rf"(?P<type>{_TYPE})\s+(?P<body>[A-Za-z0-9+/]+={{0,2}})(?:\s+(?P<comment>.*))?\Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """One key; `options` and `comment` may be ''."""

    kind: str
    body: str
    options: str = ""
    comment: str = ""

    @property
    def line(self) -> str:
        """The key as the file has it."""
        words = (self.options, self.kind, self.body, self.comment)
        return " ".join(word for word in words if word)

    @property
    def pattern(self) -> str:
        """A regular expression for every line that holds this key, whatever its options."""
        return rf"^(?!\s*#)(?:.*\s)?{re.escape(self.kind)}\s+{re.escape(self.body)}(?:\s|$)"


def parsed(text: str) -> PublicKey:
    """A key from its line. ValueError for what is none."""
    found = _KEY.match(text.strip())
    if found is None or not _holds(found["type"], found["body"]):
        raise ValueError(
            f"{text.strip()[:40]!r} is no public key, such as 'ssh-ed25519 AAAA... ann@desk'"
        )
    return PublicKey(
        kind=found["type"],
        body=found["body"],
        options=found["options"] or "",
        comment=(found["comment"] or "").strip(),
    )


def _holds(kind: str, body: str) -> bool:
    """Whether the body is of that type: it begins with the type's name, after its length."""
    try:
        raw = base64.b64decode(body, validate=True)
    except binascii.Error:
        return False
    return raw[4 : 4 + int.from_bytes(raw[:4], "big")] == kind.encode()
