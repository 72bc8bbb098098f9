"""Mount file systems, now and at boot."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, AliasChoices, Field, model_validator

from mplay.sdk import Change, Facts, Script, State, lines, sh
from mplay_modules._edited_file import edit_name
from mplay_modules._joined import joined
from mplay_modules._mounting import Mounting, Wanted
from mplay_modules._place import Place, shown
from mplay_modules._record_edit import RecordEdit
from mplay_modules._record_file import RecordFile


def _word(given: str) -> str:
    if not given or re.search(r"[\n\0]", given):
        raise ValueError("must be one line, and not empty")
    return given


Word = Annotated[str, AfterValidator(_word)]
"""A field of /etc/fstab."""
Number = Annotated[str, Field(pattern=r"^[0-9]$")]
"""One digit."""


class Mount(State):
    """A file system on a path, now and in ``/etc/fstab``; or none.

    ::

        - id: scratch
          mount: {path: /srv/scratch, src: tmpfs, fstype: tmpfs, opts: "size=64m", state: mounted}

    A mount point that is missing is made. What is unmounted is mounted again by the undo; what is
    in memory only (tmpfs) is not unmounted while anything is in it.
    """

    REFUSED: ClassVar = {
        "backup": "leave it out: every change is kept until it can no longer be undone",
        "opts_no_log": "write no_log at the step",
    }

    path: Place = Field(validation_alias=AliasChoices("path", "name"))
    """The mount point."""
    state: Literal["mounted", "present", "unmounted", "absent", "absent_from_fstab", "ephemeral"]
    """`mounted`: now and in fstab. `present`: in fstab. `ephemeral`: now only. `unmounted`: not
    now. `absent_from_fstab`: not in fstab. `absent`: neither, and the empty mount point goes."""
    src: Word | None = None
    """The device, ``UUID=…``, remote directory, or with `bind` the directory."""
    fstype: Word | None = None
    """The type of the file system; ``none`` for a bind."""
    opts: Word = "defaults"
    """Options, with commas."""
    dump: Number = "0"
    """The fifth field of fstab."""
    passno: Number = "0"
    """The sixth field of fstab: in which order file systems are checked at boot."""
    boot: bool = True
    """False: it is not mounted at boot (`noauto`)."""
    fstab: Place = "/etc/fstab"
    """The table."""

    @model_validator(mode="after")
    def _fits_its_state(self) -> Self:
        needs = self.state in {"mounted", "present", "ephemeral"}
        if needs and (self.src is None or self.fstype is None):
            raise ValueError(f"state {self.state!r} needs 'src' and 'fstype'")
        return self

    def probe(self) -> Script:
        """The table, its entry for this path, and what is mounted there now."""
        return lines(
            self._table.probe(),
            sh(_ENTRY, fstab=self.fstab, at=_escaped(self.path), key=self._entry_key),
            self._mounting({}).probe(),
        )

    def plan(self, seen: Facts) -> Change | None:
        """The table, the mount, both, or nothing."""
        entry = self._written(seen) if self.state not in {"unmounted", "ephemeral"} else None
        return joined(entry, self._mount(seen))

    def _mount(self, seen: Facts) -> Change | None:
        mounting = self._mounting(seen)
        if self.state in {"mounted", "ephemeral"}:
            return mounting.mounted(seen)
        if self.state == "unmounted":
            return mounting.unmounted(seen)
        return mounting.removed(seen) if self.state == "absent" else None

    def _written(self, seen: Facts) -> Change | None:
        change = self._table.change(seen)
        if change is None:
            return None
        verb = "write" if self._line else "remove"
        return replace(
            change,
            summary=f"{verb} the entry of {shown(self.path)} in {shown(self.fstab)}",
            apply=lines(change.apply, _RELOAD),
            restore=lines(change.restore or "", _RELOAD),
            expect={**change.expect, self._entry_key: self._fields},
            restored={**(change.restored or {}), self._entry_key: seen.get(self._entry_key, "")},
            confined=False,
        )

    def _mounting(self, seen: Facts) -> Mounting:
        wanted = Wanted(source=self.src or "", kind=self.fstype or "", options=self._options)
        fields = seen.get(self._entry_key, "").split(" ")
        entry = None
        if len(fields) >= 3:
            source, kind, options = (_unescaped(field) for field in fields[:3])
            entry = Wanted(source=source, kind=kind, options=options)
        return Mounting(path=self.path, wanted=wanted, entry=entry)

    @property
    def _options(self) -> str:
        words = self.opts.split(",")
        if self.boot or "noauto" in words:
            return self.opts
        return ",".join([*(word for word in words if word != "defaults"), "noauto"])

    @property
    def _fields(self) -> str:
        """Source, type, options and numbers as the table has them; '' for no entry."""
        if self.state not in {"mounted", "present"}:
            return ""
        words = (self.src or "", self.fstype or "", self._options, self.dump, self.passno)
        return " ".join(_escaped(word) for word in words)

    @property
    def _line(self) -> str:
        source, _, rest = self._fields.partition(" ")
        return " ".join((source, _escaped(self.path), rest)) if rest else ""

    @property
    def _table(self) -> RecordFile:
        at = re.escape(_escaped(self.path))
        same = [self._line]
        while same[-1].endswith(" 0") and len(same) < 3:
            same.append(same[-1].removesuffix(" 0"))
        record = RecordEdit(key=rf"^\s*[^#\s]\S*\s+{at}\s", same=tuple(same), line=self._line)
        asked = {"path": self.path, "line": self._line}
        return RecordFile(path=self.fstab, name=edit_name("mount", asked), record=record)

    @property
    def _entry_key(self) -> str:
        return f"mount:{self.path}:entry"


def _escaped(word: str) -> str:
    """As fstab(5) has it: blanks and backslashes in octal."""
    return re.sub(r"[\s\\]", lambda hit: f"\\{ord(hit[0]):03o}", word)


def _unescaped(word: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda hit: chr(int(hit[1], 8)), word)


_ENTRY = r"""entry=''
if [ -r {fstab} ]; then
  while read -r src at type options dump pass _; do
    case $src in '#'*) continue ;; esac
    [ "$at" != {at} ] || entry="$src $type ${options:-defaults} ${dump:-0} ${pass:-0}"
  done <{fstab}
fi
fact {key} "$entry"
"""

_RELOAD = "if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi"
