"""Connecting to a port with what a host has: bash's own sockets, else nc."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from mplay.sdk import Script, sh

Port = Annotated[int, Field(ge=1, le=65535)]
"""A TCP port."""


def _checked(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.:%-]+", name) or name.startswith("-"):
        raise ValueError(f"{name!r} is neither the name nor the address of a host")
    return name


Target = Annotated[str, AfterValidator(_checked)]
"""The name or address of a host, as the machine that connects knows it."""

_OPEN = r"""begun=${EPOCHREALTIME/[.,]/}
exec 3<>"/dev/tcp/$0/$1" || exit 1
ended=${EPOCHREALTIME/[.,]/}
printf %s "$((ended - begun))"
"""

_DIAL = r"""tool=none why='' micros=''
if ! command -v timeout >/dev/null; then
  :
elif command -v bash >/dev/null; then
  tool=bash
  micros=$(timeout {seconds} bash -c {open} {host} {port} 2>&1)
  case $? in
    0) ;;
    124) micros='' why='no answer in time' ;;
    *) why=${micros%%"
"*} micros=''; why=${why##*: } ;;
  esac
elif command -v nc >/dev/null; then
  tool=nc
  timeout {seconds} nc -z {host} {port} >/dev/null 2>&1
  case $? in
    0) ;;
    124) why='no answer in time' ;;
    *) why='no connection' ;;
  esac
fi"""


def dial(host: str, port: int, seconds: float) -> Script:
    """Shell that connects once and sends nothing.

    It sets ``tool`` (``none``: nothing to connect with), ``why`` (empty: connected) and
    ``micros``, the microseconds that it took, where the tool can tell.
    """
    return sh(_DIAL, seconds=seconds, open=_OPEN, host=host, port=port)


_NAMELESS = (
    "Name or service not known",
    "Temporary failure in name resolution",
    "No address associated with hostname",
)


def is_nameless(why: str) -> bool:
    """Whether nobody was found under the name: that says nothing about a port."""
    return why in _NAMELESS


LACKS = "there is neither bash nor nc to connect with"
"""What a check says where ``tool`` is none."""
