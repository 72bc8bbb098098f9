"""A file of which a part is to be so: edited on the host, by a program that reads and prints it.

The host says what comes of the edit (its digest, and its text where everybody may read that), and
under the name of this very edit whether it is ``done`` or ``todo``. So several steps may edit one
file: in a dry-run the second still knows its own answer, although nobody knows the digest yet. What
is not there is asked as an empty file, for an earlier step may make it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from mplay.sdk import CannotPlan, CannotTell, Facts, Script, lines, sh
from mplay_modules._file_change import Replacement
from mplay_modules._file_facts import TEXT_LIMIT, Seen, text_of
from mplay_modules._place import fact, shown

EDITS = r"""edits() {
  if [ "$kind" = file ]; then
    edited=$(edit <"$p" | sha256sum) || exit
    edited=${edited%% *}
    state=todo
    [ "$edited" = "$sum" ] && state='done'
    case $hidden:$state:$mode in
    :done:*) ;;
    :*[4567])
      if [ "$size" -le {limit} ]; then
        printf '%s\t\\x' "$k:edited-text"
        edit <"$p" | od -An -v -tx1 | tr -d ' \n'
        echo
      fi
      ;;
    esac
    printf '%s\t%s\n' "$k:"{name} "$state" "$k:edited-from" "$sum" "$k:edited" "$edited"
  elif [ "$kind" = absent ]; then
    state=todo
    [ -n "$(edit </dev/null | head -c 1)" ] || state='done'
    printf '%s\t%s\n' "$k:"{name} "$state"
  fi
}
edits"""


def edit_name(kind: str, asked: Mapping[str, object]) -> str:
    """The name of the fact that says whether this very edit is done."""
    text = json.dumps(asked, sort_keys=True, ensure_ascii=True)
    return "-".join((kind, hashlib.sha256(text.encode()).hexdigest()[:12]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One edit of a file: `do` prints its standard input edited, `name` is its fact's."""

    name: str
    do: Script

    def probe(self) -> Script:
        """What comes after `look`: what the edit would make of what there is."""
        return lines(
            lines("edit() {", self.do, "}"),
            sh(EDITS, limit=TEXT_LIMIT, name=self.name),
        )

    def outcome(self, before: Seen, seen: Facts) -> str:
        """The digest after the edit. CannotTell, in a dry-run, where something else comes first.

        After another edit of the same file this one's answer still holds, but nobody knows the
        digest yet: a word stands for it.
        """
        return edited_digest(self.name, before, seen)

    def done(self, digest: str) -> dict[str, str]:
        """The facts, by name, that say that the edit was made."""
        return {"edited": digest, self.name: "done"}

    def replacement(
        self,
        before: Seen,
        seen: Facts,
        wanted: Mapping[str, str],
        account: str,
        validator: tuple[str, ...] = (),
    ) -> Replacement:
        """The edited file in the place of the one that is there; `wanted` by fact name."""
        digest = wanted["sha256"]
        return Replacement(
            before=before,
            wanted={**wanted, **self.done(digest)},
            account=account,
            edit=self.do,
            text=text_of(seen.get(fact(before.path, "edited-text")), digest),
            validator=validator,
        )


def edited_digest(name: str, before: Seen, seen: Facts) -> str:
    """See `Edit.outcome`."""
    path, state = before.path, seen.get(fact(before.path, name))
    if seen.get(fact(path, "edited-from")) == before.sha256:
        return seen.get(fact(path, "edited"), "")
    if state is None or seen.get(fact(path, "edited")) != before.sha256:
        raise CannotTell(" ".join(("an earlier step would change", shown(path))))
    if state == "done":
        return before.sha256
    return "unknown-" + hashlib.sha256((before.sha256 + name).encode()).hexdigest()


def refuse_link(before: Seen) -> None:
    """An edit puts a new file in the place of the old one; a link would be lost. CannotPlan."""
    if before.kind == "link":
        raise CannotPlan(
            f"{shown(before.path)} is a link; name the file that it leads to:"
            f" {shown(before.target)}"
        )
