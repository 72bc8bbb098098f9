"""Names of accounts, as Debian's tools take them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}\Z")


def _name(given: str) -> str:
    if not _NAME.match(given):
        raise ValueError(
            f"{given!r} is no name of an account: at most 32 letters, digits, _ . and -,"
            " and a letter or _ first"
        )
    return given


UserName = Annotated[str, AfterValidator(_name)]
"""The name of a user."""
GroupName = Annotated[str, AfterValidator(_name)]
"""The name of a group."""
