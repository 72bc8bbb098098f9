"""Arguments of `user`: what each may hold, and which of Ansible's it does not take."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

_SSH_KEY = "make it with shell and creates: ssh-keygen -N '' -f ..."
_HASH = re.compile(r"!*(\$[^:\s]+|[*]|[A-Za-z0-9./]{13}|)\Z")


def _hashed(given: str) -> str:
    if not _HASH.match(given):
        # The text is not repeated: it may be a password.
        raise ValueError("must be the hash of a password: password_hash('sha512') makes one")
    return given


def _one_field(given: str) -> str:
    if re.search(r"[:\n\0]", given):
        raise ValueError("must be one line without a colon")
    return given


Hash = Annotated[str, AfterValidator(_hashed)]
"""What crypt(3) makes of a password."""
Text = Annotated[str, AfterValidator(_one_field)]
"""A field of /etc/passwd."""
Days = Annotated[int, Field(ge=-1, le=99999)]
"""Days; -1 for never."""

Number = Annotated[int, Field(ge=0, le=4294967294)]
"""The number of a user or group."""

NOT_HERE = {
    "authorization": "there are none on Debian and Ubuntu; leave it out",
    "generate_ssh_key": _SSH_KEY,
    "hidden": "it is for another system; leave it out",
    "local": "leave it out: the files of the host are what is managed",
    "login_class": "there are none on Debian and Ubuntu; leave it out",
    "move_home": "move it in a step before: shell with undo; then say home",
    "profile": "there are none on Debian and Ubuntu; leave it out",
    "role": "there are none on Debian and Ubuntu; leave it out",
    "seuser": "SELinux contexts are not managed: Debian and Ubuntu do not use them",
    "ssh_key_bits": _SSH_KEY,
    "ssh_key_comment": _SSH_KEY,
    "ssh_key_file": _SSH_KEY,
    "ssh_key_passphrase": _SSH_KEY,
    "ssh_key_type": _SSH_KEY,
    "uid_max": "give the number itself: uid",
    "uid_min": "give the number itself: uid",
}


def days(given: float | None) -> str | None:
    """As /etc/shadow has it: nothing for never."""
    if given is None:
        return None
    return "" if given < 0 else str(int(given))


def above(home: str) -> str:
    """The directory that holds it."""
    return home.rpartition("/")[0] or "/"
