from __future__ import annotations

from mplay.sdk import Question


class Ask(Question):
    text: str

    def question(self) -> str:
        return self.text

    def evidence_required(self) -> bool:
        return False
