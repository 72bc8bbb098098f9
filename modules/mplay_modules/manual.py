"""Ask a person to do something, and to say that it was done."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mplay.sdk import Question


class Manual(Question):
    """Work that no program can do; the run waits until a person answers.

    ::

        - id: docs
          manual: {ask: "Update the runbook and link the change", evidence: required}

    It is asked once, whatever hosts the step names. The answer, who gave it and the evidence are
    in the journal. ``mplay apply … --evidence docs=TEXT`` answers beforehand.
    """

    FREE_FORM: ClassVar[str] = "ask"

    ask: Annotated[str, Field(min_length=1)]
    """What is to be done, for the person who reads it."""
    evidence: Literal["required", "optional", "none"] = "optional"
    """Whether the answer must come with a text: a link, a ticket, a name."""

    def question(self) -> str:
        """As it was written."""
        return self.ask

    def evidence_required(self) -> bool:
        """Only where the step says so."""
        return self.evidence == "required"
