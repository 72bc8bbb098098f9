"""Digests of plain data, as plans, procedures and journal events use them (design section 8)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

VERSION = "1:"


def canonical(data: Any) -> bytes:
    """The one JSON form that is hashed. ValueError for NaN, TypeError for what is no JSON."""
    text = json.dumps(
        data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return text.encode()


def digest(data: Any) -> str:
    """``1:`` + SHA-256 in hex of the canonical form."""
    return VERSION + hashlib.sha256(canonical(data)).hexdigest()
