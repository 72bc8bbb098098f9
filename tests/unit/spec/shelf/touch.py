from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, Field

from mplay.sdk import Change, Content, Facts, LocalFile, Script, State, TemplateFile


class Touch(State):
    path: str = Field(validation_alias=AliasChoices("path", "dest"))
    mode: str = "0644"
    state: Literal["present", "absent"] = "present"
    words: tuple[str, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)
    count: int = 0
    src: LocalFile | None = None
    template: TemplateFile | None = None

    def content(self) -> Content | None:
        return self.src or self.template

    def probe(self) -> Script:
        return ""

    def plan(self, seen: Facts) -> Change | None:
        return None
