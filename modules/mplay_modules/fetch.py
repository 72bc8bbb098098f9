"""Bring a file of a host to the controller."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import ClassVar, Self

from pydantic import model_validator

from mplay.sdk import (
    Change,
    Elsewhere,
    Facts,
    LocalPlace,
    Script,
    State,
    Subject,
    lines,
    sh,
)
from mplay_modules._elsewhere import content_there, fact_there, looked_at
from mplay_modules._file_change import Replacement
from mplay_modules._file_facts import Seen, look, require_place
from mplay_modules._mode import everybody_reads
from mplay_modules._place import Place, ancestors, fact, parent, shown

_ABOVE = r"""if [ -d {there} ]; then fact {key} directory
elif [ -e {there} ] || [ -L {there} ]; then fact {key} other
else fact {key} absent
fi"""

_TIDY = "[ ! -d {there} ] || rmdir --ignore-fail-on-non-empty -- {there}"


class Fetch(State):
    """A file of the controller with the content of a file of the host.

    ::

        - id: logs
          fetch: {src: /var/log/dpkg.log, dest: evidence}

    The file comes in parts, is compared with the sum that it has on the host, and then replaces
    what was there before; ``evidence/HOST/var/log/dpkg.log`` keeps those of several hosts apart.
    What not everybody may read there, only its owner may read here. It is the controller that is
    changed: the step is done on localhost for its host, ``web1 → localhost``, by the account that
    runs mplay, and its way back is the old file of the controller, or none. `become` is for
    reading.
    """

    TIMEOUT: ClassVar[float] = 3600.0
    CONFINED: ClassVar[bool] = True
    LOCAL: ClassVar[bool] = True
    REFUSED: ClassVar = {
        "validate_checksum": "leave it out: what arrives is always compared with what was there"
    }

    src: Place
    """The file of the host; a link is followed."""
    dest: LocalPlace
    """A folder of the controller, absolute or in the project (beside mplay.toml); with `flat` the
    file itself, or with a trailing slash the folder for it. Folders are made where they lack."""
    flat: bool = False
    """Whether the path is not to repeat host and directories."""
    fail_on_missing: bool = True
    """No: where the host has no such file, there is nothing to do."""
    from_host: Subject = ""
    """Whose file it is; by default that of the host that the step is about."""

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if not self.dest.strip("/"):
            raise ValueError("'dest' must be a folder or a file of the controller")
        return self

    @property
    def path(self) -> str:
        """The file of the controller."""
        dest = self.dest.rstrip("/")
        if not self.flat:
            return posixpath.join(dest, self.from_host or "HOST", self.src.lstrip("/"))
        if self.dest.endswith("/"):
            return posixpath.join(dest, posixpath.basename(self.src))
        return dest

    def elsewhere(self) -> Elsewhere | None:
        """The file of the host."""
        return looked_at(self.from_host, self.src)

    def probe(self) -> Script:
        """What the controller has already."""
        above = [place for place in ancestors(self.path) if place != "/"]
        # `look` says what the parent is where the file itself is absent.
        return lines(
            look(self.path, text=False),
            *(_ask_above(place) for place in above[:-1]),
            *(lines('if [ "$kind" != absent ]; then', _ask_above(p), "fi") for p in above[-1:]),
        )

    def plan(self, seen: Facts) -> Change | None:
        """The file replaced at once, with the folders that it needs; or nothing."""
        missing = fact_there(self.from_host, self.src, "kind", seen) == "absent"
        if missing and not self.fail_on_missing:
            return None
        content = content_there(self.from_host, self.src, seen)
        lacking = [p for p in ancestors(self.path) if seen.get(fact(p, "kind")) == "absent"]
        made = {fact(place, "kind"): "directory" for place in lacking}
        before = Seen.of(self.path, {**seen, **made})
        require_place(before)
        wanted = {"kind": "file", "mode": self._mode(before, seen), "sha256": content.blob.sha256}
        if all(seen.get(fact(self.path, name)) == value for name, value in wanted.items()):
            return None
        change = Replacement(before=before, wanted=wanted, account="", content=content).change()
        return replace(
            change,
            summary=change.summary + ", from " + self.from_host + ":" + shown(self.src),
            apply=lines(_made(lacking), change.apply),
            restore=lines(change.restore or "", *(_tidied(p) for p in reversed(lacking))),
            expect={**made, **change.expect},
            confined=not lacking,
        )

    def _mode(self, before: Seen, seen: Facts) -> str:
        if before.kind == "file":
            return before.mode
        there = fact_there(self.from_host, self.src, "mode", seen) or "0600"
        return "0644" if everybody_reads(there) else "0600"


def _ask_above(place: str) -> Script:
    return sh(_ABOVE, there=place, key=fact(place, "kind"))


def _made(lacking: list[str]) -> Script:
    if not lacking:
        return ""
    return sh(
        "umask 0022\nmkdir -p -- {made}\nsync -- {synced}",
        made=lacking,
        synced=[parent(lacking[0]), *lacking],
    )


def _tidied(place: str) -> Script:
    """Somebody else's files keep a folder."""
    return sh(_TIDY, there=place)
