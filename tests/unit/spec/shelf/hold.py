from __future__ import annotations

from typing import ClassVar

from mplay.sdk import Check, Conditions, Facts, Judgement, Script, Verdict


class Hold(Check):
    FREE_FORM: ClassVar[str] = "that"

    that: Conditions
    note: str = ""

    def probe(self) -> Script:
        return ""

    def judge(self, seen: Facts) -> Verdict:
        return Verdict(judgement=Judgement.OK)
