"""An event that only a newer mplay knows: it can be shown and verified, not understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from mplay.model.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignEvent(Event):
    """An event of a kind that this version does not know, as plain data."""

    KIND: ClassVar[str] = "FOREIGN"
    kind: str
    fields: Mapping[str, Any]
