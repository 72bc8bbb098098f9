"""Set a parameter of the kernel, now and after the next boot."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from mplay.sdk import CannotPlan, Change, Diff, Facts, Script, State, lines, sh
from mplay_modules._edited_file import edit_name
from mplay_modules._joined import joined
from mplay_modules._place import Place
from mplay_modules._record_edit import RecordEdit
from mplay_modules._record_file import RecordFile

_NAME = re.compile(r"[A-Za-z0-9_-]+([./][A-Za-z0-9_@:.-]+)+\Z")
_TRUE = {"on", "yes", "true", "y", "t"}
_FALSE = {"off", "no", "false", "n", "f"}


def _value(given: object) -> object:
    """As the kernel has it: words with one space between them, truth as 1 and 0."""
    if isinstance(given, bool):
        return str(int(given))
    if isinstance(given, int):
        return str(given)
    if not isinstance(given, str):
        return given
    if "\n" in given or "\0" in given:
        raise ValueError("must be one line")
    words = " ".join(given.split())
    return "1" if words.lower() in _TRUE else "0" if words.lower() in _FALSE else words


Value = Annotated[str, BeforeValidator(_value)]
"""What stands in a file below /proc/sys."""


class Sysctl(State):
    """A kernel parameter with this value: in a file for the next boot, and in the running kernel.

    ::

        - id: forward
          sysctl: {name: net.ipv4.ip_forward, value: "1", sysctl_file: /etc/sysctl.d/60-shop.conf}

    Only this parameter is set in the running kernel, not all that the file holds. With `absent`
    it goes from the file, and the kernel keeps what it has until the next boot. Some parameters set
    others along (`ip_forward` does): those do not come back with an undo.
    """

    REFUSED: ClassVar = {
        "backup": "leave it out: every change is kept until it can no longer be undone",
    }

    name: str = Field(validation_alias=AliasChoices("name", "key"))
    """The parameter, with dots or slashes."""
    value: Value | None = Field(None, validation_alias=AliasChoices("value", "val"))
    """Its value."""
    state: Literal["present", "absent"] = "present"
    """Whether the file is to say it."""
    sysctl_file: Place = "/etc/sysctl.conf"
    """The file; newer systems read those in ``/etc/sysctl.d`` only."""
    reload: bool = True
    """Set it in the running kernel, too."""
    sysctl_set: bool = False
    """The same as `reload`."""
    ignoreerrors: bool = False
    """Where the kernel has no such parameter, write the file only."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not _NAME.match(self.name) or ".." in self.name:
            raise ValueError(f"{self.name!r} is no parameter, such as net.ipv4.ip_forward")
        if (self.state == "present") != bool(self.value):
            raise ValueError("'value' goes with state 'present', which needs it")
        return self

    def probe(self) -> Script:
        """The file, and the running kernel."""
        place = sh(
            _PROBE,
            path=f"/proc/sys/{self._path}",
            value=self._key(""),
            kind=self._key(":kind"),
        )
        return lines(self._file.probe(), place if self._sets else "")

    def plan(self, seen: Facts) -> Change | None:
        """File, kernel, both, or nothing."""
        return joined(self._file.change(seen), self._set(seen) if self._sets else None)

    @property
    def _sets(self) -> bool:
        return self.state == "present" and (self.reload or self.sysctl_set)

    @property
    def _path(self) -> str:
        """Below /proc/sys. As sysctl(8): dots and slashes change places if a dot comes first."""
        first = next((c for c in self.name if c in "./"), "/")
        return self.name.translate(str.maketrans("./", "/.")) if first == "." else self.name

    @property
    def _file(self) -> RecordFile:
        key = "[./]".join(re.escape(part) for part in re.split("[./]", self.name))
        record = RecordEdit(
            key=rf"^\s*-?{key}\s*=",
            cut=r"^[^=]*=",
            same=(self.value or "",),
            line=f"{self.name}={self.value}" if self.state == "present" else "",
        )
        asked = {"name": self.name, "value": self.value, "state": self.state}
        return RecordFile(path=self.sysctl_file, name=edit_name("sysctl", asked), record=record)

    def _set(self, seen: Facts) -> Change | None:
        kind, now = seen.get(self._key(":kind")), seen.get(self._key(""))
        if now == self.value:
            return None
        if kind == "absent":
            if self.ignoreerrors:
                return None
            raise CannotPlan(
                f"this kernel has no {self.name}: is a module missing? ignoreerrors: true writes"
                " the file only"
            )
        if kind == "fixed" or now is None:
            raise CannotPlan(
                f"{self.name} cannot be set here: that needs root (become: true), and a parameter"
                " that is not read-only; reload: false writes the file only"
            )
        value = self.value or ""
        return Change(
            summary=f"{self.name} {now or 'nothing'} -> {value}",
            apply=self._written(value),
            restore=self._written(now),
            expect={self._key(""): value},
            restored={self._key(""): now},
            diff=(Diff(title=f"{self.name} (kernel)", before=f"{now}\n", after=f"{value}\n"),),
        )

    def _written(self, value: str) -> Script:
        return sh(_WRITE, path=f"/proc/sys/{self._path}", value=value)

    def _key(self, of: str) -> str:
        return f"sysctl:{self._path}{of}"


_WRITE = r"""now=$(tr -s '[:space:]' ' ' <{path})
[ "${now% }" = {value} ] || printf '%s\n' {value} >{path}"""

_PROBE = r"""if [ ! -e {path} ]; then fact {kind} absent
elif [ ! -w {path} ]; then fact {kind} fixed
else fact {kind} there
fi
if [ -r {path} ] && now=$(tr -s '[:space:]' ' ' <{path} 2>/dev/null); then
  fact {value} "${now% }"
fi"""
