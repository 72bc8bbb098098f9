"""Let time pass, or wait until a person says that it may go on."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from mplay.sdk import Question


class Pause(Question):
    """A while in which nothing happens, or a person's word to go on.

    ::

        - id: settle
          pause: {minutes: 2}
        - id: look
          pause: {prompt: "Look at the dashboard: are all lines flat?"}

    It is done once, whatever hosts the step names. With `seconds` or `minutes` the run goes on by
    itself; a run that is taken up again waits anew. With `prompt` it ends as *waiting*, and goes on
    when a person has answered: ``mplay apply … --evidence look=TEXT`` answers beforehand.
    """

    REFUSED: ClassVar = {
        "echo": "answers are in the journal, so they are no place for a secret; leave it out",
    }

    seconds: Annotated[float, Field(ge=0)] | None = None
    """How long, in seconds."""
    minutes: Annotated[float, Field(ge=0)] | None = None
    """How long, in minutes; added to `seconds`."""
    prompt: str = ""
    """What a person is asked, instead of a time."""

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        timed = self.seconds is not None or self.minutes is not None
        if timed == bool(self.prompt):
            raise ValueError("needs `seconds` or `minutes`, or else a `prompt` for a person")
        return self

    def question(self) -> str:
        """As it was written; '' where it only takes time."""
        return self.prompt

    def evidence_required(self) -> bool:
        """Never: that somebody answered is enough."""
        return False

    def lasts(self) -> float:
        """The time that it takes by itself."""
        return (self.seconds or 0.0) + 60.0 * (self.minutes or 0.0)
