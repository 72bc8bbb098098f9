from __future__ import annotations

from typing import ClassVar

from mplay.sdk import Change, Facts, Script, State, WayBack


class Burn(State):
    FREE_FORM: ClassVar[str] = "run"

    run: str
    undo: str = ""
    creates: str = ""

    def way_back(self) -> WayBack:
        return WayBack.RESTORE if self.undo else WayBack.NONE

    def probe(self) -> Script:
        return ""

    def plan(self, seen: Facts) -> Change | None:
        return None
