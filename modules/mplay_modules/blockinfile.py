"""Keep a block of lines in a file, between two marker lines."""

from __future__ import annotations

import shlex
from typing import ClassVar, Literal, Self

from pydantic import AliasChoices, Field, model_validator

from mplay.sdk import Blob, CannotPlan, Change, Content, Facts, Script, lines
from mplay_modules._attributes import NOT_HERE, Owned, changed_names
from mplay_modules._block_edit import BlockEdit
from mplay_modules._edited_file import Edit, edit_name, refuse_link
from mplay_modules._expressions import Expression, Line
from mplay_modules._file_change import Replacement, attributes_only
from mplay_modules._file_facts import Seen, look, require_place
from mplay_modules._mode import NEW_FILE
from mplay_modules._place import Place, shown
from mplay_modules._placing import Validator

LARGEST = 96 * 1024
"""Bytes: the block travels in one environment variable, which Linux bounds at 128 KiB."""


class Blockinfile(Owned):
    """A file that has this block of lines between its two markers, or no such block.

    ::

        - id: addresses
          blockinfile:
            path: /etc/hosts
            marker: "# {mark} of the shop"
            block: |
              192.0.2.10 db.shop.example
              192.0.2.11 cache.shop.example

    The block that is there is replaced; where none is, it is put after `insertafter` or before
    `insertbefore`, else at the end. Several blocks of one file need markers of their own.
    """

    CONFINED: ClassVar[bool] = True
    REFUSED: ClassVar = NOT_HERE | {
        "append_newline": "leave it out; an empty line may stand at the end of 'block'",
        "prepend_newline": "leave it out; an empty line may stand at the beginning of 'block'",
        "backup": "leave it out: every change is kept until it can no longer be undone",
        "encoding": "leave it out: lines are compared byte by byte, as UTF-8",
    }

    path: Place = Field(validation_alias=AliasChoices("path", "dest", "destfile", "name"))
    """The absolute path; `dest`, `destfile` and `name` are other names for it."""
    block: str = Field("", validation_alias=AliasChoices("block", "content"))
    """The lines between the markers; empty takes block and markers away."""
    state: Literal["present", "absent"] = "present"
    """Whether the block is to be there."""
    marker: Line = "# {mark} ANSIBLE MANAGED BLOCK"
    """The two marker lines; ``{mark}`` stands for `marker_begin` and `marker_end`."""
    marker_begin: Line = "BEGIN"
    """What ``{mark}`` is in the line before the block."""
    marker_end: Line = "END"
    """What ``{mark}`` is in the line after the block."""
    insertafter: Expression | None = None
    """Put a new block after the last line that matches this; ``EOF``, the default: at the end."""
    insertbefore: Expression | None = None
    """Put a new block before the last line that matches this; ``BOF``: at the beginning."""
    create: bool = False
    """Make the file where there is none."""
    validator: Validator = Field("", validation_alias="validate")
    """A command that must accept the edited file before it is put in place; ``%s`` is its name."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.insertafter is not None and self.insertbefore is not None:
            raise ValueError("takes either 'insertafter' or 'insertbefore'")
        begin, end = self._markers
        if begin == end:
            raise ValueError("'marker' must hold {mark}, so that beginning and end differ")
        if {begin, end} & set(self.block.split("\n")):
            raise ValueError("a line of 'block' is one of its markers")
        if "\0" in self.block or len(self.block.encode()) > LARGEST:
            raise ValueError(f"'block' must be text of at most {LARGEST} bytes: use copy")
        return self

    def probe(self) -> Script:
        """What there is, and what the edit would make of it; worked out on the host."""
        return lines(look(self.path), self.edit.probe())

    def plan(self, seen: Facts) -> Change | None:
        """The edited file in the place of the old one, or mode and owner set, or nothing."""
        before = Seen.of(self.path, seen)
        refuse_link(before)
        require_place(before)
        if before.kind == "absent":
            return self._created(before)
        edited = self.edit.outcome(before, seen)
        wanted = {"kind": "file", **self.attributes(before, new=NEW_FILE), "sha256": edited}
        changed = changed_names(self.path, wanted, seen)
        if not changed:
            return None
        if "sha256" not in changed:
            return attributes_only(before, wanted, self.account_of(before))
        account, words = self.account_of_new(before), tuple(shlex.split(self.validator))
        return self.edit.replacement(before, seen, wanted, account, words).change()

    @property
    def edit(self) -> Edit:
        """What is asked of the file."""
        begin, end = self._markers
        places = {self.insertafter, self.insertbefore}
        place = self.insertafter or self.insertbefore
        do = BlockEdit(
            begin=begin,
            end=end,
            block=self._whole,
            place=None if places & {"EOF", "BOF"} else place,
            after=self.insertafter is not None,
            top="BOF" in places,
        ).do()
        asked = self.model_dump(mode="json", exclude={"mode", "owner", "group", "validator"})
        return Edit(name=edit_name("block", asked), do=do)

    @property
    def _markers(self) -> tuple[str, str]:
        return (
            self.marker.replace("{mark}", self.marker_begin),
            self.marker.replace("{mark}", self.marker_end),
        )

    @property
    def _whole(self) -> str:
        """The block with its markers, as the file holds it; '' for none."""
        if self.state == "absent" or not self.block:
            return ""
        begin, end = self._markers
        return "".join(f"{line}\n" for line in (begin, self.block.removesuffix("\n"), end))

    def _created(self, before: Seen) -> Change | None:
        if not self._whole:
            return None
        if not self.create:
            raise CannotPlan(f"{shown(self.path)} does not exist; create: true makes it")
        content = Content(name="block", blob=Blob.of_bytes(self._whole.encode()))
        digest = content.blob.sha256
        attributes = self.attributes(before, new=NEW_FILE)
        return Replacement(
            before=before,
            wanted={"kind": "file", **attributes, "sha256": digest, **self.edit.done(digest)},
            account=self.account_of_new(before),
            content=content,
            validator=tuple(shlex.split(self.validator)),
        ).change()
