"""A file of records, one a line, of which one is edited: a table of the host's own."""

from __future__ import annotations

from dataclasses import dataclass

from mplay.sdk import Blob, Change, Content, Facts, Script, lines
from mplay_modules._edited_file import Edit, refuse_link
from mplay_modules._file_change import Replacement
from mplay_modules._file_facts import Seen, look, require_place
from mplay_modules._kept import Kept
from mplay_modules._record_edit import RecordEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """The file at `path`, and what is asked of one of its records.

    `name` is that of the edit's fact, `mode` that of a new file.
    """

    path: str
    name: str
    record: RecordEdit
    mode: str = "0644"

    def probe(self) -> Script:
        """What there is, and what the edit would make of it."""
        return lines(look(self.path), self._edit.probe())

    def change(self, seen: Facts) -> Change | None:
        """The edited file in the place of the old one, a new file, or nothing. CannotPlan."""
        before = Seen.of(self.path, seen)
        refuse_link(before)
        require_place(before)
        kept = Kept.of(before, mode=self.mode)
        if before.kind == "absent":
            return self._created(before, kept) if self.record.line else None
        digest = self._edit.outcome(before, seen)
        if digest == before.sha256:
            return None
        wanted = {**kept.wanted, "sha256": digest}
        return self._edit.replacement(before, seen, wanted, kept.account).change()

    @property
    def _edit(self) -> Edit:
        return Edit(name=self.name, do=self.record.do())

    def _created(self, before: Seen, kept: Kept) -> Change:
        text = "".join((self.record.line, "\n"))
        content = Content(name=self.name, blob=Blob.of_bytes(text.encode()))
        digest = content.blob.sha256
        return Replacement(
            before=before,
            wanted={**kept.wanted, "sha256": digest, **self._edit.done(digest)},
            account=kept.account,
            content=content,
        ).change()
