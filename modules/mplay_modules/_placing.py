"""What copy and template share: content of the controller in one file of the host."""

from __future__ import annotations

import posixpath
import shlex
from abc import abstractmethod
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


class Placing(Owned):
    """A module that puts content into one file."""

    CONFINED: ClassVar[bool] = True

    dest: Destination
    """Where it goes: an absolute path. With a trailing slash: into that directory, which must be
    there, under the name of `src`."""
    force: bool = True
    """False: a file that is there keeps its content."""
    validator: Validator = Field(default="", validation_alias="validate")
    """A command that must accept the new file before it is put in place; ``%s`` is its name:
    ``visudo -cf %s``."""

    @abstractmethod
    def source(self) -> Content:
        """What is put there."""

    @property
    def path(self) -> str:
        """The file that is written."""
        if self.dest.endswith("/"):
            return posixpath.join(self.dest, posixpath.basename(self.source().name))
        return self.dest

    def probe(self) -> Script:
        """What there is at the destination."""
        return look(self.path, wanted=self.source().blob.sha256)

    def plan(self, seen: Facts) -> Change | None:
        """The content replaced at once, or mode and owner set, or nothing."""
        before = Seen.of(self.path, seen)
        require_place(before)
        if before.kind == "link" and not self.force:
            return None
        keeps = before.kind == "file" and not self.force
        wanted = {"kind": "file", **self.attributes(before, new=NEW_FILE)}
        if not keeps:
            wanted["sha256"] = self.source().blob.sha256
        changed = changed_names(self.path, wanted, seen)
        if not changed:
            return None
        if not {"kind", "sha256"} & set(changed):
            return attributes_only(before, wanted, self.account_of(before))
        return Replacement(
            before=before,
            wanted=wanted,
            account=self.account_of_new(before),
            content=self.source(),
            validator=tuple(shlex.split(self.validator)),
        ).change()
