"""What copy, template and get_url share: content in one file of the host, put there at once."""

from __future__ import annotations

import posixpath
import shlex
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from mplay.sdk import Change, Content, Facts, Script
from mplay_modules._attributes import Owned, changed_names
from mplay_modules._file_change import Replacement, attributes_only
from mplay_modules._file_facts import Seen, look, require_place
from mplay_modules._mode import NEW_FILE
from mplay_modules._place import checked_path


def _validator(command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ValueError(f"{command!r} is no command: {error}") from error
    if not any("%s" in word for word in words):
        raise ValueError("must hold %s, where the name of the new file goes")
    return command


def _destination(path: str) -> str:
    """A path whose trailing slash is kept: it says that the file goes into that directory."""
    return checked_path(path) + ("/" if path.endswith("/") else "")


Validator = Annotated[str, AfterValidator(_validator)]
"""A command with ``%s``; no shell looks at it."""
Destination = Annotated[str, AfterValidator(_destination)]
"""An absolute path; with a trailing slash the directory for a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is put there: content of the controller, or what `made`, shell of the host, prints."""

    content: Content | None = None
    made: Script = ""


class Placing(Owned):
    """A module that puts content into one file."""

    CONFINED: ClassVar[bool] = True

    dest: Destination
    """Where it goes: an absolute path. With a trailing slash: into that directory, which must be
    there, under the name that it has where it comes from."""
    validator: Validator = Field(default="", validation_alias="validate")
    """A command that must accept the new file before it is put in place; ``%s`` is its name:
    ``visudo -cf %s``."""

    @abstractmethod
    def name(self) -> str:
        """What it is called where it comes from."""

    @abstractmethod
    def digest(self, seen: Facts) -> str:
        """The SHA-256 that is wanted, '' where nobody knows it (yet: before the probe)."""

    @abstractmethod
    def material(self, seen: Facts) -> Material:
        """What is put there. CannotPlan."""

    def origin(self) -> str:
        """What the summary says of where new content comes from."""
        return ""

    def keeps_content(self) -> bool:
        """Whether a file that is there keeps its content."""
        return False

    @property
    def path(self) -> str:
        """The file that is written."""
        if self.dest.endswith("/"):
            return posixpath.join(self.dest, posixpath.basename(self.name()))
        return self.dest

    def probe(self) -> Script:
        """What there is at the destination."""
        return look(self.path, wanted=self.digest({}))

    def plan(self, seen: Facts) -> Change | None:
        """The content replaced at once, or mode and owner set, or nothing."""
        before = Seen.of(self.path, seen)
        require_place(before)
        if before.kind == "link" and self.keeps_content():
            return None
        keeps = before.kind == "file" and self.keeps_content()
        wanted = {"kind": "file", **self.attributes(before, new=NEW_FILE)}
        if not keeps and (sha256 := self.digest(seen)):
            wanted["sha256"] = sha256
        changed = changed_names(self.path, wanted, seen)
        if not changed:
            return None
        if not {"kind", "sha256"} & set(changed):
            return attributes_only(before, wanted, self.account_of(before))
        material = self.material(seen)
        change = Replacement(
            before=before,
            wanted=wanted,
            account=self.account_of_new(before),
            content=material.content,
            made=material.made,
            validator=tuple(shlex.split(self.validator)),
        ).change()
        return replace(change, summary=change.summary + self.origin())


class Sent(Placing):
    """A module that puts content of the controller into one file."""

    force: bool = True
    """False: a file that is there keeps its content."""

    @abstractmethod
    def source(self, seen: Facts) -> Content | None:
        """What is put there; None where it is not known before the probe. CannotPlan."""

    def digest(self, seen: Facts) -> str:
        """That of the content."""
        source = self.source(seen)
        return source.blob.sha256 if source else ""

    def keeps_content(self) -> bool:
        """Where `force` says so."""
        return not self.force

    def material(self, seen: Facts) -> Material:
        """The content itself."""
        return Material(content=self.source(seen))
