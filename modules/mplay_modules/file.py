"""Files, directories and links: their kind, mode, owner and group."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal, Self

from pydantic import AliasChoices, Field, model_validator

from mplay.sdk import Blob, CannotPlan, Change, Content, Facts, Script
from mplay_modules import _links, _removal
from mplay_modules._attributes import NOT_HERE, Owned, changed_names
from mplay_modules._directories import Directory
from mplay_modules._file_change import Replacement, attributes_only
from mplay_modules._file_facts import NONE, TEXT_LIMIT, Seen, look, require_place
from mplay_modules._mode import NEW_FILE, is_symbolic
from mplay_modules._place import Place, shown

_NO_ATTRIBUTES = "takes no mode, owner or group"


class File(Owned):
    """A file, directory or link with this mode, owner and group; or none at all.

    ::

        - id: cache
          file: {path: /var/cache/shop, state: directory, mode: "0750", owner: shop}

    What is removed or replaced is kept on the host, with all that is in it, until it can no longer
    be undone.
    """

    REFUSED: ClassVar = NOT_HERE | {
        "access_time": "times are not managed; touch leaves those of a file that is there",
        "access_time_format": "times are not managed; touch leaves those of a file that is there",
        "follow": "leave it out, and name what the link leads to",
        "modification_time": "times are not managed; touch leaves those of a file that is there",
        "modification_time_format": "times are not managed",
    }

    path: Place = Field(validation_alias=AliasChoices("path", "dest", "name"))
    """The absolute path; `dest` and `name` are other names for it."""
    state: Literal["file", "directory", "link", "touch", "absent"] | None = None
    """`file`: it must be there already. `directory`: made with all directories above it. `link`: a
    symbolic link to `src`. `touch`: an empty file where none is; one that is there keeps its
    content and times. `absent`: removed, a directory with all that is in it. By default what is
    there is taken as it is, and must be there."""
    src: str | None = None
    """With `link`: where the link leads, absolute or seen from the link."""
    recurse: bool = False
    """With `directory`: mode, owner and group for all that is in it too."""
    force: bool = False
    """With `link`: also where a file is in the way, or where nothing is at `src`."""

    @model_validator(mode="after")
    def _fits_its_state(self) -> Self:
        if self.state in {"link", "absent"} and self.asks_attributes:
            raise ValueError(f"state {self.state!r} {_NO_ATTRIBUTES}")
        if (self.state == "link") != (self.src is not None):
            raise ValueError("'src' goes with state 'link', and state 'link' needs it")
        if self.src is not None and (not self.src or "\0" in self.src):
            raise ValueError("'src' must be a path")
        if self.src is not None and _links.reached(self.path, self.src) == self.path:
            raise ValueError("the link would lead to itself: 'src' is its own path")
        if self.recurse:
            self._fits_recurse()
        return self

    def _fits_recurse(self) -> None:
        if self.state not in {None, "directory"}:
            raise ValueError("'recurse' goes with state 'directory'")
        if not self.asks_attributes:
            raise ValueError("'recurse' needs a mode, owner or group to set")
        if self.mode and is_symbolic(self.mode):
            raise ValueError("'recurse' needs the mode in octal: '0640'")

    def probe(self) -> Script:
        """What there is at the path."""
        if self._is_directory:
            return self._directory.probe()
        if self.state == "link":
            return _links.probe(self.path, self.src or "")
        if self.state == "absent":
            return _removal.probe(self.path)
        small = TEXT_LIMIT if self.state == "touch" else NONE
        return look(self.path, largest=small, text=False)

    def plan(self, seen: Facts) -> Change | None:
        """What brings the path to its state."""
        if self._is_directory:
            return self._directory.plan(seen)
        if self.state == "link":
            return _links.plan(self.path, self.src or "", seen, force=self.force)
        if self.state == "absent":
            return _removal.plan(self.path, seen)
        before = Seen.of(self.path, seen)
        if before.kind == "absent" and self.state == "touch":
            return self._created(before)
        return self._adorned(before, seen)

    @property
    def _is_directory(self) -> bool:
        return self.state == "directory" or self.recurse

    @property
    def _directory(self) -> Directory:
        return Directory(path=self.path, module=self, recurse=self.recurse)

    def _created(self, before: Seen) -> Change:
        require_place(before)
        empty = Content(name="empty", blob=Blob.of_bytes(b""))
        wanted = {"kind": "file", **self.attributes(before, new=NEW_FILE)}
        return Replacement(
            before=before,
            wanted={**wanted, "sha256": empty.blob.sha256},
            account=self.account_of_new(before),
            content=empty,
        ).change()

    def _adorned(self, before: Seen, seen: Facts) -> Change | None:
        """The attributes of what is there."""
        self._require(before)
        new = {"kind": before.kind}
        wanted = new | self.attributes(before, new=NEW_FILE, directory=before.kind == "directory")
        if not changed_names(self.path, wanted, seen):
            return None
        change = attributes_only(before, wanted, self.account_of(before))
        return replace(change, restored=before.facts(content=False))

    def _require(self, before: Seen) -> None:
        path = shown(before.path)
        if before.kind == "absent":
            raise CannotPlan(
                f"{path} does not exist; state: touch makes an empty file, state: directory a"
                " directory; copy and template make a file with content"
            )
        if before.kind == "link":
            raise CannotPlan(f"{path} is a link; name what it leads to: {shown(before.target)}")
        if before.kind == "directory" and self.state == "file":
            raise CannotPlan(f"{path} is a directory, not a file")
