"""Ask a person for a yes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mplay.sdk import Judgement, Question, Verdict

_YES = ("yes", "y", "approve", "approved", "ok")
_NO = ("no", "n", "deny", "denied", "refuse", "refused")


class Approve(Question):
    """A decision: with a yes the run goes on, with a no the step has failed.

    ::

        - id: purge_ok
          approve: {ask: "Delete what was archived in May?", by: other}

    It is asked once, whatever hosts the step names. The answer begins with ``yes`` or ``no``, and
    may go on with a reason (``yes, see change 17``); anything else is no answer, and it is asked
    again. Answer, reason and who gave it are in the journal. ``--evidence purge_ok=yes`` answers,
    of ``mplay apply`` beforehand, of ``mplay resume`` later; after a no, `resume` asks anew.
    """

    FREE_FORM: ClassVar[str] = "ask"

    ask: Annotated[str, Field(min_length=1)]
    """What is to be decided, for the person who decides it."""
    by: Literal["anyone", "other"] = "anyone"
    """`other`: not by the account that began the run."""

    def question(self) -> str:
        """As it was written."""
        return self.ask

    def evidence_required(self) -> bool:
        """Always: an answer says yes or no."""
        return True

    def weigh(self, answer: str, *, own: bool) -> Verdict:
        """Yes, no, or no answer yet."""
        words = answer.strip().split(maxsplit=1) or [""]
        word = words[0].rstrip(",.:;!").lower()
        if word not in _YES + _NO:
            return _asked_again("the answer begins with yes or no: " + self.ask)
        if own and self.by == "other":
            return _asked_again("somebody else than who began the run decides: " + self.ask)
        if word in _NO:
            return Verdict(judgement=Judgement.FAILED, reasons=("refused: " + answer.strip(),))
        return Verdict(judgement=Judgement.OK)


def _asked_again(why: str) -> Verdict:
    return Verdict(judgement=Judgement.UNKNOWN, reasons=(why,))
