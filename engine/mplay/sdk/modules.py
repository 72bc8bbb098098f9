"""The kinds of module: State, Action, Check, and Question for what a person decides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from mplay.model.change import (
    Certainty,
    Change,
    Elsewhere,
    Facts,
    Judgement,
    Patience,
    Script,
    Verdict,
    WayBack,
)


class Module(BaseModel, ABC):
    """A step's call: its fields are the arguments, its methods are all it does.

    `FREE_FORM` names the argument that a plain text fills (``shell: uptime``). `TIMEOUT` is the
    default in seconds. `UNCUT`: past its timeout it is waited for, never killed. `LOCKOUT`: it can
    lock the operator out. `CONFINED`: its probe looks at nothing but what its facts name, so that
    a confined change of other facts leaves what it saw true. `CONTROLLER`: it runs in the
    controller, without supervisor and lock. `LOCAL`: whoever it is about, its change is made on the
    controller, by the account that runs mplay.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=True
    )

    FREE_FORM: ClassVar[str] = ""
    TIMEOUT: ClassVar[float] = 300.0
    UNCUT: ClassVar[bool] = False
    LOCKOUT: ClassVar[bool] = False
    CONFINED: ClassVar[bool] = False
    CONTROLLER: ClassVar[bool] = False
    LOCAL: ClassVar[bool] = False
    REFUSED: ClassVar[Mapping[str, str]] = {}
    """Arguments that Ansible's module of this name has and ours has not: name -> what to do."""
    REFUSED_OF: ClassVar[str] = "Ansible"
    """Who else has them, where it is not Ansible."""

    def on_controller(self) -> bool:
        """Whether this call runs in the controller, over the local channel; from its arguments."""
        return self.CONTROLLER

    def way_back(self) -> WayBack:
        """How this call is undone; from its arguments alone."""
        return WayBack.HARMLESS

    def elsewhere(self) -> Elsewhere | None:
        """What it must know of another host first; from its arguments alone."""
        return None

    def confidential(self) -> Sequence[tuple[tuple[str | int, ...], str]]:
        """Paths and values of arguments that only a vault or ``env:NAME`` may give."""
        return ()

    def certainty(self) -> Certainty:
        """What a dry-run may say before it ran."""
        return Certainty.CERTAIN


class _Probing(Module):
    @abstractmethod
    def probe(self) -> Script:
        """Read-only POSIX shell; prints facts with ``fact KEY VALUE``. '' for no probe."""


class State(_Probing):
    """A wanted state: after its change `plan` returns None, unless `certainty` says that it acts.

    `plan` raises `CannotPlan` where the state cannot be reached from what was seen.
    """

    def way_back(self) -> WayBack:
        """By its change's `restore`."""
        return WayBack.RESTORE

    @abstractmethod
    def plan(self, seen: Facts) -> Change | None:
        """The change that is needed given what was seen, or None. Pure."""


class Action(_Probing):
    """Work that is done each time it is reached; None where nothing is to be done."""

    def certainty(self) -> Certainty:
        """It acts."""
        return Certainty.ACTS

    @abstractmethod
    def plan(self, seen: Facts) -> Change | None:
        """The change. Pure."""


class Check(_Probing):
    """A question to a host; never a change."""

    TIMEOUT: ClassVar[float] = 60.0

    @abstractmethod
    def judge(self, seen: Facts) -> Verdict:
        """What is to be thought of the facts. Pure."""

    def patience(self) -> Patience | None:
        """How long a look that fails is repeated; None: not at all, unless its step says `until`.

        A dry-run looks once, and then cannot tell.
        """
        return None


class Question(Module):
    """A question to a person; runs in the controller, once."""

    CONTROLLER: ClassVar[bool] = True

    @abstractmethod
    def question(self) -> str:
        """What the person is asked."""

    @abstractmethod
    def evidence_required(self) -> bool:
        """Whether an answer without evidence is refused."""

    def lasts(self) -> float:
        """Seconds after which it needs no answer; 0: a person answers, however long it takes."""
        return 0.0

    def weigh(self, answer: str, *, own: bool) -> Verdict:  # noqa: ARG002  for whoever asks who
        """What an answer means; `own`: it comes from whoever began the run.

        OK: the run goes on. FAILED: so has the step. UNKNOWN: it is no answer, and is asked again.
        """
        if self.evidence_required() and not answer.strip():
            why = "an answer needs evidence: a link, a ticket or a sentence"
            return Verdict(judgement=Judgement.UNKNOWN, reasons=(why,))
        return Verdict(judgement=Judgement.OK)
