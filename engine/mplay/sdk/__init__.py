"""ALL that a module may import.

A *module* is a frozen model of its arguments with pure methods; it never sees a connection.
A *State* plans a change or none; an *Action* does its work each time; a *Check* judges;
a *Question* asks a person. A *probe* is read-only shell that prints *facts*.
"""

from __future__ import annotations

from mplay.model.change import (
    Blob,
    Certainty,
    Change,
    Diff,
    Elsewhere,
    Facts,
    Judgement,
    Patience,
    Script,
    Verdict,
    WayBack,
    unmet,
)
from mplay.sdk.arguments import (
    Archive,
    Condition,
    Conditions,
    Content,
    LocalArchive,
    LocalFile,
    LocalPlace,
    LocalProgram,
    Member,
    Subject,
    TemplateFile,
    unless,
)
from mplay.sdk.errors import CannotPlan, CannotTell
from mplay.sdk.facts import FactError, parse_facts, text_diff
from mplay.sdk.modules import Action, Check, Module, Question, State
from mplay.sdk.shell import lines, sh

__all__ = [
    "Action",
    "Archive",
    "Blob",
    "CannotPlan",
    "CannotTell",
    "Certainty",
    "Change",
    "Check",
    "Condition",
    "Conditions",
    "Content",
    "Diff",
    "Elsewhere",
    "FactError",
    "Facts",
    "Judgement",
    "LocalArchive",
    "LocalFile",
    "LocalPlace",
    "LocalProgram",
    "Member",
    "Module",
    "Patience",
    "Question",
    "Script",
    "State",
    "Subject",
    "TemplateFile",
    "Verdict",
    "WayBack",
    "lines",
    "parse_facts",
    "sh",
    "text_diff",
    "unless",
    "unmet",
]
