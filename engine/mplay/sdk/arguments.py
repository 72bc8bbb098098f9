"""Argument types that the engine fills from the controller's files before a module sees them.

In a playbook each of them is a path, searched under ``files/`` or ``templates/`` beside the
playbook and the project; the engine reads (and renders) it, so that a module stays pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue

from mplay.model.change import SMALL, Blob


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One entry of an archive: its path in it, and what is there."""

    name: str
    kind: Literal["file", "directory", "link"]
    sha256: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What an archive holds, sorted by name; `packer` is the program that packed it, or ''."""

    form: Literal["tar", "zip"]
    packer: str = ""
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file of the controller holds: its name as written, its bytes as a blob.

    `words` are the arguments that stood behind the name of a program; `archive` is what is in it,
    where it was asked for as one.
    """

    name: str
    blob: Blob
    words: tuple[str, ...] = ()
    archive: Archive | None = None

    @property
    def text(self) -> str | None:
        """The content as text where it is small and in memory, else None."""
        if self.blob.size > SMALL or len(self.blob.data) < self.blob.size:
            return None
        try:
            return self.blob.data.decode()
        except UnicodeDecodeError:
            return None


LocalFile = Annotated[Content, Field(json_schema_extra={"type": "string", "mplay": "file"})]
"""A file of the controller, sent as it is; searched under ``files/``."""

LocalProgram = Annotated[Content, Field(json_schema_extra={"type": "string", "mplay": "program"})]
"""A program of the controller with its arguments, split into words as a shell would split them."""

LocalArchive = Annotated[Content, Field(json_schema_extra={"type": "string", "mplay": "archive"})]
"""A tar or zip file of the controller, and what is in it."""

TemplateFile = Annotated[Content, Field(json_schema_extra={"type": "string", "mplay": "template"})]
"""A Jinja2 template of the controller, rendered for the task; searched under ``templates/``."""

LocalPlace = Annotated[str, Field(json_schema_extra={"type": "string", "mplay": "place"})]
"""A path of the controller that is written: relative to the project, absolute for the module."""

Subject = Annotated[str, Field(json_schema_extra={"type": "string", "mplay": "subject"})]
"""A host; where it is not given, the one that the task is about."""


def unless(argument: str) -> dict[str, JsonValue]:
    """For `Field`: with another argument given (and not *no*), the text is a path elsewhere.

    ::

        src: LocalFile | Place = Field(json_schema_extra=unless("remote_src"))
    """
    return {"mplay_unless": argument}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition that the engine has evaluated: its text as written and what came of it."""

    text: str
    holds: bool


def _conditions(given: object) -> object:
    """Accept one in place of a list, and plain booleans, which a template may have left."""
    listed = given if isinstance(given, list | tuple) else [given]
    return tuple(
        Condition(text=str(one).lower(), holds=one) if isinstance(one, bool) else one
        for one in listed
    )


Conditions = Annotated[
    tuple[Condition, ...],
    BeforeValidator(_conditions),
    Field(
        json_schema_extra={
            "type": ["string", "boolean", "array"],
            "items": {"type": ["string", "boolean"]},
            "mplay": "conditions",
        }
    ),
]
"""Bare Jinja2 expressions, one or a list; the engine evaluates each and passes a `Condition`."""
