"""Keep one line in a file, or keep lines out of it."""

from __future__ import annotations

import shlex
from typing import ClassVar, Literal, Self

from pydantic import AliasChoices, Field, model_validator

from mplay.sdk import Blob, CannotPlan, Change, Content, Facts, Script, lines, sh
from mplay_modules._attributes import NOT_HERE, Owned, changed_names
from mplay_modules._edited_file import edit_name, edited_digest, refuse_link
from mplay_modules._expressions import Expression, Line
from mplay_modules._file_change import Replacement, attributes_only
from mplay_modules._file_facts import TEXT_LIMIT, Seen, look, require_place, text_of
from mplay_modules._line_edit import LineEdit
from mplay_modules._mode import NEW_FILE
from mplay_modules._place import Place, fact, key, shown
from mplay_modules._placing import Validator

_ASK = r"""if [ "$kind" = file ]; then
  state=$(ask <"$p") || exit
  edited=$sum
  if [ "$state" = todo ]; then
    edited=$(edit <"$p" | sha256sum) || exit
    edited=${edited%% *}
    case $hidden:$mode in
    :*[4567])
      if [ "$size" -le {limit} ]; then
        printf '%s\t\\x' {text_key}
        edit <"$p" | od -An -v -tx1 | tr -d ' \n'
        echo
      fi
      ;;
    esac
  fi
  printf '%s\t%s\n' {state_key} "$state" {base_key} "$sum" {edited_key} "$edited"
fi"""


class Lineinfile(Owned):
    r"""A file that has this line once it is needed, or none like it.

    ::

        - id: root_login
          lineinfile:
            path: /etc/ssh/sshd_config
            regexp: '^#?PermitRootLogin\s'
            line: PermitRootLogin no
            validate: /usr/sbin/sshd -tf %s

    The last line that matches `regexp` is replaced; where none matches and the line is nowhere, it
    is put after `insertafter` or before `insertbefore`, else at the end. An edit that would change
    the file again the next time is refused. Regular expressions work on bytes, line by line.
    """

    CONFINED: ClassVar[bool] = True
    REFUSED: ClassVar = NOT_HERE | {
        "backup": "leave it out: every change is kept until it can no longer be undone",
        "encoding": "leave it out: lines are compared byte by byte, as UTF-8",
    }

    path: Place = Field(validation_alias=AliasChoices("path", "dest", "destfile", "name"))
    """The absolute path; `dest`, `destfile` and `name` are other names for it."""
    line: Line | None = Field(None, validation_alias=AliasChoices("line", "value"))
    """The line, without its end. With `state` absent, and no `regexp`, the lines that go."""
    state: Literal["present", "absent"] = "present"
    """Whether the line is to be there."""
    regexp: Expression | None = Field(None, validation_alias=AliasChoices("regexp", "regex"))
    """The line to replace (the last that matches), or with `absent` all lines to remove."""
    search_string: Line | None = Field(None, min_length=1)
    """A text in the line, in place of `regexp`."""
    backrefs: bool = False
    r"""`line` may hold ``\1`` or ``\g<name>`` of what `regexp` matched; where it matches nothing,
    nothing is done."""
    insertafter: Expression | None = None
    """Put a new line after the last line that matches this; ``EOF``, the default: at the end."""
    insertbefore: Expression | None = None
    """Put a new line before the last line that matches this; ``BOF``: at the beginning."""
    firstmatch: bool = False
    """The first line that matches `insertafter` or `insertbefore`, not the last."""
    create: bool = False
    """Make the file where there is none."""
    validator: Validator = Field("", validation_alias="validate")
    """A command that must accept the edited file before it is put in place; ``%s`` is its name."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for one, other in (("regexp", "search_string"), ("insertafter", "insertbefore")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise ValueError(f"takes either {one!r} or {other!r}")
        if self.state == "present" and self.line is None:
            raise ValueError("needs the 'line' that is to be present")
        if self.state == "absent" and (self.line, self.regexp, self.search_string) == (None,) * 3:
            raise ValueError("needs a 'line', 'regexp' or 'search_string' of what is to go")
        if self.backrefs and self.regexp is None:
            raise ValueError("'backrefs' needs a 'regexp'")
        if self.create and self.backrefs:
            raise ValueError("'create' and 'backrefs' exclude each other: nothing would match")
        return self

    def probe(self) -> Script:
        """What there is, and what the edit would make of it; worked out on the host."""
        edit = self.edit
        return lines(
            look(self.path),
            lines("ask() {", edit.ask(), "}"),
            lines("edit() {", edit.do(), "}"),
            sh(
                _ASK,
                limit=TEXT_LIMIT,
                state_key=key(self.path, self._name),
                base_key=key(self.path, "edited-from"),
                edited_key=key(self.path, "edited"),
                text_key=key(self.path, "edited-text"),
            ),
        )

    def plan(self, seen: Facts) -> Change | None:
        """The edited file in the place of the old one, or mode and owner set, or nothing."""
        before = Seen.of(self.path, seen)
        refuse_link(before)
        require_place(before)
        if before.kind == "absent":
            return self._created(before)
        edited = self._edited(before, seen)
        attributes = self.attributes(before, new=NEW_FILE)
        wanted = {"kind": "file", **attributes, "sha256": edited}
        changed = changed_names(self.path, wanted, seen)
        if not changed:
            return None
        if "sha256" not in changed:
            return attributes_only(before, wanted, self.account_of(before))
        return Replacement(
            before=before,
            wanted={**wanted, "edited": edited, self._name: "done"},
            account=self.account_of_new(before),
            edit=self.edit.do(),
            text=text_of(seen.get(fact(self.path, "edited-text")), edited),
            validator=tuple(shlex.split(self.validator)),
        ).change()

    @property
    def edit(self) -> LineEdit:
        """What is asked of the lines of the file."""
        places = {self.insertafter, self.insertbefore}
        place = self.insertafter or self.insertbefore
        return LineEdit(
            line=self.line,
            present=self.state == "present",
            regexp=self.regexp,
            search=self.search_string,
            backrefs=self.backrefs,
            place=None if places & {"EOF", "BOF"} else place,
            after=self.insertafter is not None,
            top="BOF" in places,
            first=self.firstmatch,
        )

    @property
    def _name(self) -> str:
        """The name of the fact that says whether this very edit is done."""
        asked = self.model_dump(mode="json", exclude={"mode", "owner", "group", "validator"})
        return edit_name("line", asked)

    def _edited(self, before: Seen, seen: Facts) -> str:
        """The digest after the edit. CannotTell, in a dry-run, where something else comes first."""
        state = seen.get(fact(self.path, self._name))
        if state == "unstable":
            raise CannotPlan(
                f"the line would change {shown(self.path)} again each time: 'regexp' must also"
                " match the new line"
            )
        return edited_digest(self._name, before, seen)

    def _created(self, before: Seen) -> Change | None:
        if self.state == "absent" or self.backrefs:
            return None
        if not self.create:
            raise CannotPlan(f"{shown(self.path)} does not exist; create: true makes it")
        content = Content(name="line", blob=Blob.of_bytes(f"{self.line}\n".encode()))
        digest = content.blob.sha256
        wanted = {"kind": "file", **self.attributes(before, new=NEW_FILE), "sha256": digest}
        return Replacement(
            before=before,
            wanted={**wanted, "edited": digest, self._name: "done"},
            account=self.account_of_new(before),
            content=content,
            validator=tuple(shlex.split(self.validator)),
        ).change()
