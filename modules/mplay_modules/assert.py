"""Check conditions on variables, facts and results."""  # noqa: N999  Ansible's name

from __future__ import annotations

from typing import ClassVar

from pydantic import AliasChoices, Field

from mplay.sdk import Check, Conditions, Facts, Judgement, Script, Verdict


class Assert(Check):
    """Conditions that must all hold; nothing is asked of the host.

    ::

        - id: enough_backups
          assert:
            that:
              - keep_backups >= 3
              - results['backup'].status == 'changed'
            fail_msg: "a backup is needed before anything else"

    Each condition is a bare expression, as in `when`, without braces.
    """

    FREE_FORM: ClassVar[str] = "that"

    that: Conditions
    """One condition, or a list of them."""
    fail_msg: str = Field(default="", validation_alias=AliasChoices("fail_msg", "msg"))
    """What to say when one does not hold; `msg` is another name for it."""
    success_msg: str = ""
    """What to say when all hold."""
    quiet: bool = False
    """Whether to leave out which conditions did not hold."""

    def probe(self) -> Script:
        """Nothing to ask."""
        return ""

    def judge(self, seen: Facts) -> Verdict:  # noqa: ARG002  the conditions are the facts
        """Failed with the conditions that do not hold."""
        wrong = [condition.text for condition in self.that if not condition.holds]
        if not wrong:
            return Verdict(
                judgement=Judgement.OK, reasons=(self.success_msg,) if self.success_msg else ()
            )
        named = ["does not hold: " + text for text in wrong if not self.quiet or not self.fail_msg]
        reasons = (self.fail_msg, *named) if self.fail_msg else tuple(named)
        return Verdict(judgement=Judgement.FAILED, reasons=reasons)
