"""A path on a host: checked, and with the keys under which facts speak of it."""

from __future__ import annotations

import hashlib
import posixpath
import re
from typing import Annotated

from pydantic import AfterValidator

_PLAIN = re.compile(rb"[A-Za-z0-9_./:@+=~-]")


def checked_path(path: str) -> str:
    """The path without doubled and trailing slashes. ValueError for one that is none."""
    if not path.startswith("/"):
        raise ValueError(f"{path!r} must be an absolute path, beginning with /")
    if "\0" in path:
        raise ValueError("a path cannot hold a NUL")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise ValueError(f"{path!r} must not hold '..': where that leads is the host's to say")
    if not parts:
        raise ValueError("the root directory is not a file to manage")
    return "/" + "/".join(parts)


Place = Annotated[str, AfterValidator(checked_path)]
"""An absolute path, with no ``..``, no doubled and no trailing slash."""


def key(path: str, name: str = "") -> str:
    """``file:PATH`` or ``file:PATH:NAME`` as a probe prints it: other bytes as ``%XX``."""
    whole = fact(path, name) if name else f"file:{path}"
    raw = whole.encode("utf-8", "surrogateescape")
    return "".join(chr(b) if _PLAIN.match(bytes([b])) else f"%{b:02x}" for b in raw)


def fact(path: str, name: str) -> str:
    """The key of a fact as `plan` sees it."""
    return f"file:{path}:{name}"


def parent(path: str) -> str:
    """The directory that holds it."""
    return posixpath.dirname(path)


def ancestors(path: str) -> list[str]:
    """Every directory above it, from ``/`` down."""
    found = [parent(path)]
    while found[-1] != "/":
        found.append(parent(found[-1]))
    return found[::-1]


def temporary(path: str) -> str:
    """A name beside it for what is not yet in place; the same each time, so that undo finds it."""
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()
    return posixpath.join(parent(path), f".mplay-{digest[:12]}")


def shown(path: str) -> str:
    """The path on one line, for people."""
    return path if path.isprintable() else ascii(path)
