from __future__ import annotations

from mplay.sdk import Action, Change, Facts, Script


class Poke(Action):
    what: str = ""

    def probe(self) -> Script:
        return ""

    def plan(self, seen: Facts) -> Change | None:
        return None
