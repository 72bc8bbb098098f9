"""Keep public keys in the file from which a user's SSH logins are granted."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from mplay.sdk import Blob, CannotPlan, CannotTell, Change, Content, Facts, Script, State, lines, sh
from mplay_modules._account_facts import user_key, who
from mplay_modules._edited_file import Edit, edit_name, refuse_link
from mplay_modules._expressions import Line
from mplay_modules._file_change import Replacement
from mplay_modules._file_facts import Seen, look_there, require_place
from mplay_modules._kept import Kept
from mplay_modules._line_edit import LineEdit
from mplay_modules._names import UserName
from mplay_modules._place import Place, fact, parent, shown
from mplay_modules._ssh_keys import PublicKey, parsed


class AuthorizedKey(State):
    """A user may log in with these public keys, or no longer.

    ::

        - id: ann
          authorized_key:
            user: ops
            key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC29XX9AQHDZb8TnKWHu2OVmInr1tYnQUtK2ItOk39Vb

    A key is known by its type and body; where its options or comment differ, its line is replaced.
    The directory is made where it is missing, for the user alone. With `exclusive` the file holds
    these keys and nothing else.
    """

    CONFINED: ClassVar[bool] = True
    REFUSED: ClassVar = {
        "follow": "leave it out, and name the file that the link leads to",
        "validate_certs": "keys are not fetched: use get_url, or lookup('file', ...)",
    }

    user: UserName
    """Whose logins."""
    key: str = Field(min_length=1)
    """The key, as its ``.pub`` file holds it; several on a line each."""
    state: Literal["present", "absent"] = "present"
    """Whether the keys are to be there."""
    exclusive: bool = False
    """Whether all other keys go."""
    key_options: Line | None = None
    """Options for every key: ``from="192.0.2.0/24",no-pty``."""
    comment: Line | None = None
    """A comment for every key, in place of its own."""
    path: Place | None = None
    """The file; ``.ssh/authorized_keys`` in the user's home by default."""
    manage_dir: bool = True
    """Make the directory of the file where it is missing."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.key.lstrip().startswith(("http://", "https://")):
            raise ValueError("keys are not fetched: use get_url, or lookup('file', ...)")
        if self.exclusive and self.state == "absent":
            raise ValueError("'exclusive' goes with state 'present'")
        if not self.keys:
            raise ValueError("'key' holds no key")
        return self

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        """The keys with their options and comments. ValueError."""
        texts = (text.strip() for text in self.key.split("\n"))
        found = [parsed(text) for text in texts if text and not text.startswith("#")]
        if self.key_options is not None:
            found = [replace(key, options=self.key_options.strip()) for key in found]
        if self.comment is not None:
            found = [replace(key, comment=self.comment.strip()) for key in found]
        return tuple({(key.kind, key.body): key for key in found}.values())

    def probe(self) -> Script:
        """The user, the file, and what the edit would make of it."""
        return lines(
            who(self.user),
            sh("p={path}", path=self.path) if self.path else 'p="${home%/}/.ssh/authorized_keys"',
            lines('if [ -n "$home" ]; then', look_there(), self.edit.probe(), _ABOVE, "fi"),
        )

    def plan(self, seen: Facts) -> Change | None:
        """The edited file in the place of the old one, or nothing."""
        path = self._path(seen)
        if not path:
            return None
        before = Seen.of(path, self._complete(path, seen))
        if not self.path and seen.get(fact(parent(path), "linked")) == "yes":
            raise CannotPlan(
                f"{shown(parent(path))} is a link, which its user may turn: name the file by 'path'"
            )
        if before.kind == "absent":
            return self._created(before, seen) if self.state == "present" else None
        refuse_link(before)
        require_place(before)
        kept = Kept.of(before, mode="0600")
        content = self._content if self.exclusive else None
        digest = content.blob.sha256 if content else self.edit.outcome(before, seen)
        if digest == before.sha256:
            return None
        wanted = {**kept.wanted, "sha256": digest}
        replacement = (
            Replacement(before=before, wanted=wanted, account=kept.account, content=content)
            if content
            else self.edit.replacement(before, seen, wanted, kept.account)
        )
        return replace(replacement.change(), summary=self._summary)

    @property
    def edit(self) -> Edit:
        """What is asked of the file."""
        if self.exclusive:
            return Edit(name=edit_name("keys", {"only": self._text}), do="cat")
        present = self.state == "present"
        edits = [
            LineEdit(line=key.line if present else None, present=present, regexp=key.pattern).do()
            for key in self.keys
        ]
        asked = {"state": self.state, "keys": [key.line for key in self.keys]}
        return Edit(name=edit_name("keys", asked), do=_piped(edits))

    @property
    def _text(self) -> str:
        return "".join(f"{key.line}\n" for key in self.keys)

    @property
    def _content(self) -> Content:
        return Content(name="keys", blob=Blob.of_bytes(self._text.encode()))

    def _path(self, seen: Facts) -> str:
        """The file; '' where nothing has to be done. CannotPlan for a user that is not there."""
        home = seen.get(user_key(self.user, "home"), "")
        if seen.get(user_key(self.user, "there")) != "yes":
            if self.state == "absent":
                return ""
            raise CannotPlan(f"this host has no user {self.user}: make it in a step before")
        if seen.get("task:user", self.user) != self.user:
            raise CannotPlan(
                f"{seen['task:user']} cannot look into the home of {self.user}: give the step"
                " become: true"
            )
        if not home:
            raise CannotTell(f"an earlier step would make the user {self.user}")
        return self.path or posixpath.join(home, ".ssh/authorized_keys")

    def _complete(self, path: str, seen: Facts) -> Facts:
        """In a dry-run, a user whom an earlier step would make has no keys yet."""
        if fact(path, "kind") in seen:
            return seen
        names = {"kind": "absent", "hidden": "yes"}
        return {fact(path, name): value for name, value in names.items()} | dict(seen)

    def _created(self, before: Seen, seen: Facts) -> Change:
        group = seen.get(user_key(self.user, "group"), "")
        folder = parent(before.path)
        makes = self._makes_directory(before, seen)
        if not makes:
            require_place(before)
        kept = Kept.of(before, mode="0600", owner=self.user, group=group)
        content = self._content
        digest = content.blob.sha256
        change = Replacement(
            before=before,
            wanted={**kept.wanted, "sha256": digest, **self.edit.done(digest)},
            account=kept.account,
            content=content,
        ).change()
        change = replace(change, summary=self._summary)
        if not makes:
            return change
        account = ":".join((self.user, group))
        make = sh(_MAKE, folder=folder, account=account, above=parent(folder))
        back = sh(_UNMAKE, folder=folder, above=parent(folder))
        return replace(
            change,
            apply=lines(make, change.apply),
            restore=lines(change.restore or "", back),
            expect={**change.expect, fact(folder, "kind"): "directory"},
            restored={**(change.restored or {}), fact(folder, "kind"): "absent"},
            confined=False,
        )

    def _makes_directory(self, before: Seen, seen: Facts) -> bool:
        folder = parent(before.path)
        if before.above == "directory" or not self.manage_dir:
            return False
        if seen.get(fact(parent(folder), "kind"), "directory") == "directory":
            return True
        raise CannotPlan(
            f"there is no {shown(parent(folder))}, in which {shown(folder)} would be made;"
            f" make it in a step before: file: {{path: {shown(parent(folder))}, state: directory}}"
        )

    @property
    def _summary(self) -> str:
        verb = {"present": "let", "absent": "no longer let"}[self.state]
        only = " and nobody else" if self.exclusive else ""
        names = ", ".join(key.comment or key.kind for key in self.keys)
        return f"{verb} {shown(names)}{only} log in as {self.user}"


def _piped(edits: list[Script]) -> Script:
    """Edits one after another."""
    script = edits[0]
    for edit in edits[1:]:
        script = lines("{", script, "} | {", edit, "}")
    return script


_ABOVE = """case $kind in absent) ;; *) printf '%s\\tdirectory\\n' "$dir_key" ;; esac
[ ! -L "$dir" ] || printf '%s\\tyes\\n' "${dir_key%kind}linked"
up=${dir%/*}
if [ -z "$dir" ]; then :
elif [ -d "${up:-/}" ]; then fact "file:${up:-/}:kind" directory
elif [ -e "$up" ]; then fact "file:$up:kind" other
else fact "file:$up:kind" absent
fi"""

_MAKE = """if [ ! -d {folder} ]; then
  mkdir -m 0700 -- {folder}
  chown -h -- {account} {folder}
  sync -- {above}
fi"""

_UNMAKE = """if [ -d {folder} ] && [ ! -L {folder} ]; then
  rmdir --ignore-fail-on-non-empty -- {folder}
  sync -- {above}
fi"""
