"""Make, change and remove users."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AliasChoices, Field, model_validator

from mplay.sdk import Blob, CannotPlan, CannotTell, Change, Facts, Script, State, lines, sh
from mplay_modules import _user_homes as homes
from mplay_modules._account_entries import bring_back_entries, keep_entries
from mplay_modules._account_facts import user_key
from mplay_modules._names import GroupName, UserName
from mplay_modules._place import Place, fact, shown
from mplay_modules._user_facts import AGING, digest, group_key, user_probe
from mplay_modules._user_words import NOT_HERE, Days, Hash, Number, Text, above, days

_DAY = 86400


class User(State):
    """A user with these properties, or none of that name.

    ::

        - id: shop
          user: {name: shop, system: true, home: /srv/shop, shell: /usr/sbin/nologin}
        - id: ann
          user: {name: ann, groups: [adm], append: true, comment: Ann of the shop}

    What is not given stays as it is. The way back is the user's own entries as they were, with its
    password, groups and place in the files; other users stay as they are. The hash of a password
    is in no script, journal or list of processes: it is sent as a private file.
    """

    TIMEOUT: ClassVar[float] = 3600.0
    REFUSED: ClassVar = NOT_HERE

    name: UserName = Field(validation_alias=AliasChoices("name", "user"))
    """The user."""
    state: Literal["present", "absent"] = "present"
    """Whether it is to be there."""
    uid: Number | None = None
    """Its number; a free one by default."""
    non_unique: bool = False
    """Whether the number may be another user's too."""
    group: str | None = None
    """Its main group, by name or number; a new user's is one of its own name by default."""
    groups: tuple[GroupName, ...] | None = None
    """Its other groups; an empty list for none."""
    append: bool = False
    """Whether it stays in groups that `groups` does not name."""
    comment: Text | None = None
    """Its full name."""
    home: Place | None = None
    """Its home; what is in an old one stays there."""
    create_home: bool | None = Field(
        None, validation_alias=AliasChoices("create_home", "createhome")
    )
    """Make the home; by default only that of a new user. Of a user that is there only if told."""
    skeleton: Place | None = None
    """The directory whose content a new home gets."""
    umask: Annotated[str, Field(pattern=r"^0?[0-7]{3}$")] | None = None
    """The umask under which a new home is made."""
    shell: Text | None = None
    """Its login shell."""
    system: bool = False
    """A new user's number is one for the system."""
    password: Hash | None = None
    """The hash of its password; ``'*'`` for none. A locked password stays locked."""
    update_password: Literal["always", "on_create"] = "always"
    """`on_create`: only a new user gets it."""
    password_lock: bool | None = None
    """Whether the password is locked; keys still let in."""
    expires: float | None = None
    """When the account expires, in seconds since 1970; -1 for never."""
    password_expire_min: Days | None = None
    """Days before a password may be changed."""
    password_expire_max: Days | None = None
    """Days after which a password must be changed."""
    password_expire_warn: Days | None = None
    """Days of warning before that."""
    password_expire_account_disable: Days | None = None
    """Days after that until the account is of no use."""
    remove: bool = False
    """With `absent`: home and mailbox go too. They are kept until that can no longer be undone."""
    force: bool = False
    """With `absent`: also while the user has processes."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.append and self.groups is None:
            raise ValueError("'append' needs 'groups'")
        if self.non_unique and self.uid is None:
            raise ValueError("'non_unique' needs a 'uid'")
        if self.state == "present" and (self.remove or self.force):
            raise ValueError("'remove' and 'force' go with state 'absent'")
        if self.group is not None and not re.fullmatch(r"[A-Za-z0-9_][\w.-]{0,31}", self.group):
            raise ValueError(f"group: {self.group!r} is no group")
        return self

    def probe(self) -> Script:
        """Its entries, and the groups and the number that are asked for."""
        named = [group for group in (self.group, *(self.groups or ())) if group]
        return user_probe(
            self.name, groups=sorted(set(named)), uid=self.uid, home=self.home, size=self.remove
        )

    def plan(self, seen: Facts) -> Change | None:
        """Made, changed, removed, or nothing."""
        there = seen.get(self._key("there")) == "yes"
        if self.state == "absent":
            return self._removed(seen) if there else None
        if not there:
            return self._made(seen)
        wanted = self._wanted(seen)
        changed = {key: value for key, value in wanted.items() if seen.get(key) != value}
        return self._changed(seen, wanted, changed) if changed else None

    def _wanted(self, seen: Facts) -> dict[str, str]:
        """The facts that must hold, by key; of what is asked only."""
        wanted = {
            "uid": None if self.uid is None else str(self.uid),
            self._group_fact: self.group,
            "groups": self._groups(seen),
            "comment": self.comment,
            "home": self.home,
            "shell": self.shell,
            "expires": days(self.expires // _DAY if self.expires is not None else None),
            **{name: days(getattr(self, field)) for field, name in AGING.items()},
        }
        new = seen.get(self._key("there")) != "yes"
        if self.password is not None and (new or self.update_password == "always"):
            wanted["password"] = digest(self.password)
            wanted["locked"] = "yes" if self._locks(seen) else "no"
        elif self.password_lock is not None:
            wanted["locked"] = "yes" if self.password_lock else "no"
        facts = {self._key(name): value for name, value in wanted.items() if value is not None}
        home = self.home or seen.get(self._key("home"), "")
        return facts | ({fact(home, "kind"): "directory"} if self.create_home and home else {})

    @property
    def _group_fact(self) -> str:
        return "gid" if self.group is not None and self.group.isdecimal() else "group"

    def _groups(self, seen: Facts) -> str | None:
        if self.groups is None:
            return None
        now = seen.get(self._key("groups"))
        if self.append and now is None and seen.get(self._key("there")) == "yes":
            raise CannotTell(f"an earlier step would make the user {self.name}")
        kept = (now or "").split(",") if self.append else []
        main = self.group or seen.get(self._key("group"), "")
        return ",".join(sorted({*self.groups, *kept} - {main, ""}))

    def _locks(self, seen: Facts) -> bool:
        if self.password_lock is not None:
            return self.password_lock
        stays = seen.get(self._key("locked")) == "yes" and self._has_password(seen)
        return stays or (self.password or "").startswith("!")

    def _has_password(self, seen: Facts) -> bool:
        return seen.get(self._key("password")) not in {None, digest("")}

    def _require(self, seen: Facts) -> None:
        if seen.get("task:root") == "no":
            raise CannotPlan("only root may change users: give the step become: true")
        if seen.get("task:tools") == "no":
            raise CannotPlan("this host has no useradd: install the package passwd")
        for group in filter(None, (self.group, *(self.groups or ()))):
            if seen.get(group_key(group)) == "no":
                raise CannotPlan(
                    f"this host has no group {group}: make it in a step before:"
                    f" group: {{name: {group}}}"
                )
        holder = seen.get(f"uid:{self.uid}:user", "")
        if self.uid is not None and holder not in {"", self.name} and not self.non_unique:
            raise CannotPlan(
                f"{self.uid} is the number of the user {holder}; non_unique: true allows that"
            )

    def _made(self, seen: Facts) -> Change:
        self._require(seen)
        if self.password_lock is False and self.password is None:
            raise CannotPlan(f"{self.name} has no password to unlock: give one")
        home = self.home or seen.get(self._key("new-home"), "")
        makes = self.create_home is not False and seen.get(fact(home, "kind")) == "absent"
        if makes and seen.get(fact(above(home), "kind")) == "absent":
            raise CannotPlan(f"there is no {shown(above(home))}: make it in a step before")
        own = self.group is None and seen.get(group_key(self.name)) == "no"
        expect = {
            self._key("there"): "yes",
            **self._wanted(seen),
            **({self._key("group"): self.name} if own else {}),
            **({self._key("home"): home} if home else {}),
            **({fact(home, "kind"): "directory"} if makes else {}),
        }
        words = [
            *(["-r"] if self.system else []),
            *self._words(expect),
            *([] if self.group is not None else ["-U" if own else "-N"]),
            *(["-m"] if makes else ["-M"]),
            *(["-k", self.skeleton] if self.skeleton and makes else []),
            *(self._home_mode if makes else []),
        ]
        blobs = self._password_blobs(seen, expect)
        return Change(
            summary=f"make the user {self.name}",
            save=lines(homes.note_mail(self.name), keep_entries(self.name, user=True)),
            apply=lines(
                sh("useradd {words} -- {name}", words=words, name=self.name),
                self._beside(expect, seen, blobs),
                sh("sync -- {places}", places=["/etc", *([home, above(home)] if makes else [])]),
            ),
            restore=lines(
                homes.take_back(self.name, home if makes else ""),
                bring_back_entries(self.name, user=True),
            ),
            expect=expect,
            restored={
                self._key("there"): "no",
                **({fact(home, "kind"): "absent"} if makes else {}),
            },
            blobs=blobs,
        )

    @property
    def _home_mode(self) -> list[str]:
        """Where /etc/login.defs has a mode for homes, that counts and no umask."""
        if self.umask is None:
            return []
        mode = f"{0o777 & ~int(self.umask, 8):04o}"
        return ["-K", f"UMASK={self.umask}", "-K", f"HOME_MODE={mode}"]

    def _changed(
        self, seen: Facts, wanted: Mapping[str, str], changed: Mapping[str, str]
    ) -> Change:
        self._require(seen)
        locks = wanted.get(self._key("locked"))
        if locks == "no" and self.password is None and not self._has_password(seen):
            raise CannotPlan(f"{self.name} has no password to unlock: give one")
        words = self._words(changed)
        blobs = self._password_blobs(seen, changed)
        home = wanted.get(self._key("home"), seen.get(self._key("home"), ""))
        makes = changed.get(fact(home, "kind")) == "directory"
        return Change(
            summary=f"the user {self.name}: {', '.join(self._moved(seen, changed))}",
            save=lines(*self._owned(seen, changed, back=False), keep_entries(self.name, user=True)),
            apply=lines(
                sh("usermod {words} -- {name}", words=words, name=self.name) if words else "",
                self._beside(changed, seen, blobs),
                self._make_home() if makes else "",
                "sync -- /etc",
            ),
            restore=lines(
                homes.take_back(self.name, home) if makes else "",
                bring_back_entries(self.name, user=True),
                *self._owned(seen, changed, back=True),
            ),
            expect=wanted,
            restored=self._before(seen),
            blobs=blobs,
        )

    def _make_home(self) -> Script:
        umask = [] if not (self.umask or self.skeleton) else [self.umask or "0022"]
        skeleton = [self.skeleton] if self.skeleton else []
        return sh("mkhomedir_helper {words}", words=[self.name, *umask, *skeleton])

    def _owned(self, seen: Facts, changed: Mapping[str, str], *, back: bool) -> list[Script]:
        """What `usermod` gives to another number, to be given back."""
        home, scripts = seen.get(self._key("home"), ""), []
        uid, gid = seen.get(self._key("uid"), ""), seen.get(self._key("gid"), "")
        if self._key("uid") in changed:
            scripts += [homes.give_back(user=uid) if back else homes.note_owned(home, user=uid)]
        if self._key(self._group_fact) in changed:
            scripts += [homes.give_back(group=gid) if back else homes.note_owned(home, group=gid)]
        return scripts

    def _words(self, changed: Mapping[str, str]) -> list[str]:
        """What useradd and usermod both are told."""
        options = {"uid": "-u", self._group_fact: "-g", "groups": "-G", "comment": "-c"} | {
            "home": "-d",
            "shell": "-s",
        }
        if self.group is None:
            options.pop(self._group_fact)
        words = ["-o"] if self.non_unique and self._key("uid") in changed else []
        for name, option in options.items():
            if self._key(name) in changed:
                words += [option, changed[self._key(name)]]
        return words

    def _beside(self, changed: Mapping[str, str], seen: Facts, blobs: tuple[Blob, ...]) -> Script:
        """What is set after useradd or usermod: the password, its lock, its days."""
        days = {"expires": "-E", "min-days": "-m", "max-days": "-M", "warn-days": "-W"} | {
            "inactive-days": "-I"
        }
        words = [
            word
            for name, option in days.items()
            if self._key(name) in changed
            for word in (option, changed[self._key(name)] or "-1")
        ]
        locks = changed.get(self._key("locked"))
        lock = {"yes": "-L", "no": "-U", None: ""}[None if blobs else locks]
        if lock == "-L" and seen.get(self._key("there")) != "yes":
            lock = ""
        return lines(
            sh('cat -- "$MPLAY_BLOBS"/{sum} | chpasswd -e', sum=blobs[0].sha256) if blobs else "",
            sh("usermod {lock} -- {name}", lock=lock, name=self.name) if lock else "",
            sh("chage {words} -- {name}", words=words, name=self.name) if words else "",
        )

    def _password_blobs(self, seen: Facts, changed: Mapping[str, str]) -> tuple[Blob, ...]:
        """The hash as a private file: of that the journal keeps a digest only."""
        if self.password is None or self._key("password") not in changed:
            return ()
        mark = "!" if self._locks(seen) else ""
        text = "".join((self.name, ":", mark, self.password.lstrip("!"), "\n"))
        return (Blob.of_bytes(text.encode()),)

    def _removed(self, seen: Facts) -> Change:
        self._require(seen)
        home = seen.get(self._key("home"), "")
        goes = self.remove and seen.get(fact(home, "kind")) == "directory"
        if goes and seen.get(self._key("home-owner")) != seen.get(self._key("uid")):
            raise CannotPlan(
                f"{shown(home)} does not belong to {self.name}: leave 'remove' out, and if it is to"
                " go, remove it with file"
            )
        words = ["-f"] if self.force else []
        return Change(
            summary=f"remove the user {self.name}"
            + (f" with {shown(home)} ({seen.get(self._key('home-kib'), '?')} KiB)" if goes else ""),
            save=lines(
                homes.keep_home(self.name, home) if goes else "",
                keep_entries(self.name, user=True),
            ),
            apply=lines(
                sh("userdel {words} -- {name}", words=words, name=self.name),
                homes.remove_home(self.name, home) if goes else "",
                "sync -- /etc",
            ),
            restore=lines(
                bring_back_entries(self.name, user=True),
                homes.bring_home_back(self.name, home) if goes else "",
            ),
            expect={self._key("there"): "no"},
            restored=self._before(seen),
            needs_space=int(seen.get(self._key("home-kib"), "0")) * 1024 if goes else 0,
        )

    def _before(self, seen: Facts) -> dict[str, str]:
        """The facts that must hold again."""
        volatile = {self._key("home-kib"), self._key("home-owner")}
        own = {k: v for k, v in seen.items() if k.startswith(self._key(""))}
        home = fact(seen.get(self._key("home"), ""), "kind")
        kind = {home: seen[home]} if home in seen else {}
        return {k: v for k, v in own.items() if k not in volatile} | kind

    def _moved(self, seen: Facts, changed: Mapping[str, str]) -> list[str]:
        """What changes, for people."""
        moved = []
        for key, value in changed.items():
            name = key.removeprefix(self._key(""))
            if name == "password":
                moved.append("new password")
            elif name == key:
                moved.append("make its home")
            else:
                before = seen.get(key, "?")
                moved.append(f"{name} {shown(before) or 'none'} -> {shown(value) or 'none'}")
        return moved

    def _key(self, of: str) -> str:
        return user_key(self.name, of)
