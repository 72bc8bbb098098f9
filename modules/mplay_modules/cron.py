"""Keep a job, or a variable, in a user's crontab or in a file of /etc/cron.d."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, AliasChoices, Field, model_validator

from mplay.sdk import Blob, CannotPlan, Change, Content, Facts, Script, State, lines
from mplay_modules._account_facts import who
from mplay_modules._block_edit import BlockEdit
from mplay_modules._edited_file import Edit, edit_name, refuse_link
from mplay_modules._expressions import Line
from mplay_modules._file_change import Replacement
from mplay_modules._file_facts import Seen, look, require_place
from mplay_modules._kept import Kept
from mplay_modules._line_edit import LineEdit
from mplay_modules._names import UserName
from mplay_modules._place import parent, shown

SPOOL = "/var/spool/cron/crontabs"
CRON_D = "/etc/cron.d"
_FIELD = re.compile(r"[0-9A-Za-z*,/~-]+\Z")
_NUMBER = re.compile(r"(?<![0-9/])[0-9]+")
"""A number of a field that is no step (``*/5``)."""
_RANGES = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day": (1, 31),
    "month": (1, 12),
    "weekday": (0, 7),
}


def _times(given: str) -> str:
    if not _FIELD.match(given):
        raise ValueError(f"{given!r} is no field of a crontab, such as 0, */5, 1-5 or mon")
    return given


Times = Annotated[str, AfterValidator(_times)]
"""One field of a line of a crontab."""


class Cron(State):
    """A job that cron runs, under its `name`; or none of that name.

    ::

        - id: nightly
          cron: {name: tidy the cache, hour: "3", minute: "17", job: /usr/local/bin/tidy}

    The name stands in a comment before the job (`#Ansible: NAME`, as Ansible writes it), so that
    the job is found again. With `env` it is a variable for all jobs below it. Without `cron_file`
    the job stands in the crontab of `user`. Only root may do this: give the step `become`.
    """

    CONFINED: ClassVar[bool] = True
    REFUSED: ClassVar = {
        "backup": "leave it out: every change is kept until it can no longer be undone",
        "reboot": "write special_time: reboot",
    }

    name: Line
    """The name of the job; with `env` that of the variable."""
    job: Line | None = Field(None, validation_alias=AliasChoices("job", "value"))
    """The command, on one line; with `env` the value."""
    state: Literal["present", "absent"] = "present"
    """Whether the job is to be there."""
    user: UserName = "root"
    """Whose crontab; with `cron_file`, as whom the job runs."""
    cron_file: str | None = None
    """A file of ``/etc/cron.d``, by its name or its path, in place of a crontab."""
    minute: Times = "*"
    """0-59, ``*``, ``*/5``, ``0,30``."""
    hour: Times = "*"
    """0-23."""
    day: Times = Field("*", validation_alias=AliasChoices("day", "dom"))
    """Day of the month, 1-31."""
    month: Times = "*"
    """1-12, or ``jan`` to ``dec``."""
    weekday: Times = Field("*", validation_alias=AliasChoices("weekday", "dow"))
    """0-7, where 0 and 7 are Sunday, or ``sun`` to ``sat``."""
    special_time: (
        Literal["annually", "daily", "hourly", "monthly", "reboot", "weekly", "yearly"] | None
    ) = None
    """In place of the five fields."""
    disabled: bool = False
    """Keep the job as a comment."""
    env: bool = False
    """Whether this is a variable."""
    insertafter: Line | None = None
    """With `env`: put a new variable after this one."""
    insertbefore: Line | None = None
    """With `env`: put a new variable before this one; by default it comes first."""

    @model_validator(mode="after")
    def _are_times(self) -> Self:
        fields = (self.minute, self.hour, self.day, self.month, self.weekday)
        for name, given, (least, most) in zip(_RANGES, fields, _RANGES.values(), strict=True):
            if any(not least <= int(n) <= most for n in _NUMBER.findall(given)):
                raise ValueError(f"{name!r} {given!r} is not within {least}-{most}")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.state == "present" and not self.job:
            raise ValueError("needs the 'job' that is to be present")
        fields = (self.minute, self.hour, self.day, self.month, self.weekday)
        if self.special_time and fields != ("*",) * 5:
            raise ValueError("'special_time' stands in place of minute, hour, day, month, weekday")
        if self.env and not re.fullmatch(r"[A-Za-z_]\w*", self.name):
            raise ValueError(f"{self.name!r} is no name of a variable")
        if not self.env and (self.insertafter or self.insertbefore):
            raise ValueError("'insertafter' and 'insertbefore' go with 'env'")
        if self.insertafter and self.insertbefore:
            raise ValueError("takes either 'insertafter' or 'insertbefore'")
        name = self.cron_file and posixpath.basename(self.path)
        if name and (parent(self.path) != CRON_D or not re.fullmatch(r"[\w-]+", name)):
            raise ValueError(
                "'cron_file' must be a file of /etc/cron.d, and a name that cron reads:"
                " letters, digits, _ and -"
            )
        return self

    @property
    def path(self) -> str:
        """The file that is edited."""
        if self.cron_file is None:
            return posixpath.join(SPOOL, self.user)
        return posixpath.join(CRON_D, self.cron_file)

    def probe(self) -> Script:
        """The file, what the edit would make of it, and whether there is such a user."""
        return lines(look(self.path), self.edit.probe(), who(self.user))

    def plan(self, seen: Facts) -> Change | None:
        """The edited file in the place of the old one, or nothing."""
        before = Seen.of(self.path, seen)
        if before.kind == "absent" and self.state == "absent":
            return None
        self._require(before, seen)
        if before.kind == "absent":
            return replace(self._created(before), summary=self._summary)
        digest = self.edit.outcome(before, seen)
        if digest == before.sha256:
            return None
        kept = Kept.of(before, mode="0600")
        wanted = {**kept.wanted, "sha256": digest}
        change = self.edit.replacement(before, seen, wanted, kept.account).change()
        return replace(change, summary=self._summary)

    @property
    def edit(self) -> Edit:
        """What is asked of the file."""
        do = self._variable() if self.env else self._block.do()
        return Edit(name=edit_name("cron", self.model_dump(mode="json")), do=do)

    def _variable(self) -> Script:
        other = self.insertafter or self.insertbefore
        return LineEdit(
            line=f'{self.name}="{self.job}"' if self.state == "present" else None,
            present=self.state == "present",
            regexp=f"^{self.name}=",
            place=f"^{re.escape(other)}=" if other else None,
            after=self.insertafter is not None,
            top=True,
        ).do()

    @property
    def _block(self) -> BlockEdit:
        mark = f"#Ansible: {self.name}"
        text = f"{mark}\n{self._line}\n" if self.state == "present" else ""
        return BlockEdit(begin=mark, end=None, block=text)

    @property
    def _line(self) -> str:
        """The line of the job."""
        fields = (self.minute, self.hour, self.day, self.month, self.weekday)
        when = f"@{self.special_time}" if self.special_time else " ".join(fields)
        words = (when, self.user, self.job) if self.cron_file else (when, self.job)
        return f"{'#' if self.disabled else ''}{' '.join(word or '' for word in words)}"

    @property
    def _summary(self) -> str:
        what = "variable" if self.env else "job"
        verb = "set" if self.state == "present" else "remove"
        where = self.path if self.cron_file else f"the crontab of {self.user}"
        return f"{verb} the {what} {shown(self.name)} in {where}"

    def _require(self, before: Seen, seen: Facts) -> None:
        if seen.get("task:root") == "no":
            raise CannotPlan("only root may edit crontabs: give the step become: true")
        if before.kind == "absent" and before.above != "directory":
            raise CannotPlan(
                f"there is no {shown(parent(self.path))}: install cron in a step before:"
                " apt: {name: cron}"
            )
        if self.state == "present" and seen.get(f"user:{self.user}:there") != "yes":
            raise CannotPlan(f"this host has no user {self.user}: make it in a step before")
        refuse_link(before)
        require_place(before)

    def _created(self, before: Seen) -> Change:
        text = f'{self.name}="{self.job}"\n' if self.env else self._block.block
        content = Content(name="job", blob=Blob.of_bytes(text.encode()))
        digest = content.blob.sha256
        kept = (
            Kept.of(before, mode="0644")
            if self.cron_file
            else Kept.of(before, mode="0600", owner=self.user, group="crontab")
        )
        return Replacement(
            before=before,
            wanted={**kept.wanted, "sha256": digest, **self.edit.done(digest)},
            account=kept.account,
            content=content,
        ).change()
