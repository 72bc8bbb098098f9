"""Install, upgrade and remove Debian packages, with the way back to the exact old versions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from mplay.sdk import (
    CannotPlan,
    CannotTell,
    Certainty,
    Change,
    Facts,
    Script,
    State,
    WayBack,
    lines,
    sh,
)
from mplay_modules import _apt_shell as shell
from mplay_modules._apt_restore import RESTORE
from mplay_modules._apt_words import ABSENT, broken, complained, summarised

JUST_NOW = 60
"""Seconds within which package lists count as just refreshed."""
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?(=[A-Za-z0-9.+:~*-]+)?\Z")
_WELL = "install ok installed"
_BAD_NAME = "cannot read {!r}: give NAME or NAME=VERSION"
_BAD_PIN = "cannot have the pin {!r} with state {}"


def _names(given: object) -> object:
    """Accept one name, or several parted by commas, in place of a list."""
    if isinstance(given, str):
        return tuple(word.strip() for word in given.split(",") if word.strip())
    return tuple(given) if isinstance(given, list) else given


def _upgrade(given: object) -> object:
    """Ansible's ``yes`` and ``no``, which YAML reads as booleans."""
    return {True: "safe", False: None, "yes": "safe", "no": None, "dist": "full"}.get(
        given if isinstance(given, bool | str) else "", given
    )


class Apt(State):
    """Packages at a wanted state; the way back is the exact versions seen before.

    ::

        - id: upgrade
          apt: {upgrade: security}
        - id: tools
          apt: {name: [curl, "nginx=1.22.*"], state: present}

    What will change, dependencies too, is what apt's own simulation says, to the version, and
    nothing else is done. Before anything changes, the old packages (from apt's cache, from a
    source, or made by ``dpkg-repack`` where it is installed), the configuration files and the marks
    are kept on the host; where an old package is to be had nowhere, nothing is begun. The undo
    needs no network: exactly the old versions come back, what came in goes, and a package that was
    left half-configured is repaired. Changed configuration files are always kept, nobody is asked.
    Packages that the step does not name are never removed, except by `upgrade: full` and
    `autoremove`.

    `update_cache` alone refreshes the package lists, each time (there is nothing to undo). Together
    with `name` it does so only where something is to be installed; with `state: latest` or
    `upgrade` each time, so that the step is never *ok*: better give it a step of its own before
    this one. In a dry-run, what depends on lists that an earlier step would refresh is *unknown*.
    """

    FREE_FORM: ClassVar[str] = "name"
    TIMEOUT: ClassVar[float] = 4 * 3600.0
    UNCUT: ClassVar[bool] = True
    REFUSED: ClassVar = {
        "deb": "put the package into a repository, so that there is a way back",
        "autoclean": "use `shell` with `irreversible`; old packages may be needed for an undo",
        "clean": "use `shell` with `irreversible`; old packages may be needed for an undo",
        "force": "it breaks systems; say `allow_downgrade` or `allow_change_held_packages`",
        "force_apt_get": "apt-get is always used; leave it out",
        "allow_unauthenticated": "sign the repository, or mark it as trusted in its source",
        "dpkg_options": "configuration files are always kept; leave it out",
        "fail_on_autoremove": "nothing is removed that is not named; leave it out",
        "lock_timeout": "another package manager is waited for, 300 s; leave it out",
        "only_upgrade": "use `upgrade`, or `when`",
        "policy_rc_d": "services restart as their packages say",
        "auto_install_module_deps": "nothing is needed on the host; leave it out",
        "update_cache_retries": "use `retries` of the step",
        "update_cache_retry_max_delay": "use `delay` of the step",
    }

    name: Annotated[tuple[str, ...], BeforeValidator(_names)] = Field(
        default=(), validation_alias=AliasChoices("name", "package", "pkg")
    )
    """Packages: one, or a list. ``NAME=VERSION`` pins a version; it may hold ``*``."""
    state: Literal["present", "latest", "absent"] = "present"
    """`absent` keeps configuration files unless `purge`."""
    upgrade: Annotated[Literal["security", "safe", "full"] | None, BeforeValidator(_upgrade)] = None
    """`security`: what comes from an archive whose origin or suite ends in ``-security``;
    `safe` (or `yes`): all, removing nothing; `full` (or `dist`): all, removing what is in the way.
    """
    update_cache: bool = Field(
        default=False, validation_alias=AliasChoices("update_cache", "update-cache")
    )
    """Refresh the package lists first."""
    cache_valid_time: Annotated[int, Field(ge=0)] = 0
    """Seconds for which `update_cache` takes refreshed lists for good enough."""
    purge: bool = False
    """Remove configuration files too."""
    autoremove: bool = False
    """Also remove packages that only came along and that nothing needs any more."""
    allow_downgrade: bool = Field(
        default=False, validation_alias=AliasChoices("allow_downgrade", "allow-downgrade")
    )
    """Whether a pinned version may be older than the installed one."""
    allow_change_held_packages: bool = False
    """Whether packages on hold may change."""
    install_recommends: bool | None = None
    """Whether recommended packages come along; the host's own setting by default."""
    default_release: str = Field(
        default="", validation_alias=AliasChoices("default_release", "default-release")
    )
    """The release from which candidates are taken, as in ``apt-get -t``."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not (self.name or self.upgrade or self.update_cache or self.autoremove):
            raise ValueError("needs `name`, `upgrade`, `update_cache` or `autoremove`")
        if self.name and self.upgrade:
            raise ValueError("has both `name` and `upgrade`: give them a step each")
        for name in self.name:
            if not _NAME.match(name):
                raise ValueError(_BAD_NAME.format(name))
            if "=" in name and self.state != "present":
                raise ValueError(_BAD_PIN.format(name, self.state))
        return self

    def way_back(self) -> WayBack:
        """Refreshed lists need none."""
        return WayBack.RESTORE if self._changes_packages() else WayBack.HARMLESS

    def certainty(self) -> Certainty:
        """Refreshing the lists acts each time."""
        refreshing = self.update_cache and not self.cache_valid_time
        if refreshing and (not self._changes_packages() or self._wants_newest()):
            return Certainty.ACTS
        return Certainty.CERTAIN

    def probe(self) -> Script:
        """Ask dpkg what is there, and apt what it would do; without writing even its caches."""
        return lines(
            shell.FIND_TOOL,
            sh(shell.ASK_LISTS, fresh=self.cache_valid_time or JUST_NOW),
            lines(self._tools(), sh(shell.PROBE, specs=" ".join(self.name)))
            if self._changes_packages()
            else "",
        )

    def plan(self, seen: Facts) -> Change | None:
        """Exactly what apt's simulation says, kept and undone as a whole."""
        if seen["apt:tool"] == "none":
            raise CannotPlan("this host has no apt: only Debian and its relatives are supported")
        if not self._changes_packages():
            return self._refresh_lists(seen)
        if self._refreshes_first(seen):
            return self._refresh_and_change(seen)
        self._refuse_impossible(seen)
        todo = self._todo(seen)
        if not todo:
            return None
        self._refuse_no_way_back(seen, todo)
        listed = "".join(name + "\t" + version + "\n" for name, version in todo.items())
        return self._change(
            seen,
            todo,
            find=sh('printf %s {listed} >"$MPLAY_SAVE/todo.new"', listed=listed),
            expect=self._expect(seen, todo),
        )

    def _changes_packages(self) -> bool:
        return bool(self.name or self.upgrade or self.autoremove)

    def _wants_newest(self) -> bool:
        return bool(self.upgrade) or self.state == "latest"

    def _named(self) -> list[str]:
        return [name.partition("=")[0] for name in self.name]

    def _refreshes_first(self, seen: Facts) -> bool:
        if not self.update_cache or self.state == "absent":
            return False
        if self.cache_valid_time and seen["apt:lists"] == "refreshed":
            return False
        return self._wants_newest() or "apt:complaint" in seen or bool(self._todo(seen))

    def _refresh_lists(self, seen: Facts) -> Change | None:
        if self.cache_valid_time and seen["apt:lists"] == "refreshed":
            return None
        return Change(
            summary="refresh the package lists",
            apply=shell.UPDATE,
            restore=None,
            expect={"apt:lists": "refreshed"},
            restored={},
        )

    def _refresh_and_change(self, seen: Facts) -> Change:
        """What will change is known only when the lists are there: expect what must hold then."""
        todo = self._todo(seen)
        if self._wants_newest():
            expect = {"apt:pending": "none"}
        else:
            expect = {"package:" + name + ":state": _WELL for name in self._named()}
        return self._change(seen, todo, find=shell.FIND_TODO, expect=expect, refresh=True)

    def _change(
        self,
        seen: Facts,
        todo: Mapping[str, str],
        *,
        find: Script,
        expect: Facts,
        refresh: bool = False,
    ) -> Change:
        sizes = (seen.get("old:" + name, "") for name in todo)
        summary = summarised(seen, todo)
        return Change(
            summary="refresh the package lists; by today's: " + summary if refresh else summary,
            save=lines(shell.UPDATE if refresh else "", self._tools(), find, shell.SAVE),
            apply=sh(shell.APPLY, options=self._force(), specs=" ".join(self.name)),
            restore=lines(sh(shell.ASK, drop=shell.DROP), RESTORE),
            expect=expect,
            restored=self._restored(seen, todo),
            needs_space=sum(int(size) for size in sizes if size.isdigit()),
        )

    def _tools(self) -> Script:
        return lines(
            sh(shell.ASK, drop=shell.DROP),
            sh(
                shell.TODO,
                state=self.state,
                purge="1" if self.purge else "",
                specs=" ".join(self.name),
                free="1" if self.autoremove or self.upgrade == "full" else "",
                options=(*self._force(), *self._choice()),
                source={"security": "secure"}.get(self.upgrade or "", "request"),
                always="true" if not self.name and self.upgrade != "security" else "false",
                verb=self._verb(),
            ),
        )

    def _verb(self) -> Sequence[str]:
        if self.name:
            return ("remove" if self.state == "absent" else "install", "--")
        upgrades = {
            "security": ("install", "--"),
            "safe": ("--with-new-pkgs", "upgrade"),
            "full": ("dist-upgrade",),
        }
        return upgrades.get(self.upgrade or "", ("autoremove",))

    def _force(self) -> list[str]:
        """Options that say what apt may do, in the simulation as in earnest."""
        wanted = {
            "--allow-downgrades": self.allow_downgrade,
            "--allow-change-held-packages": self.allow_change_held_packages,
            "--purge": self.purge,
        }
        return [option for option, given in wanted.items() if given]

    def _choice(self) -> list[str]:
        """Options that say what it chooses; in earnest all is chosen."""
        options = ["--auto-remove"] if self.autoremove else []
        if self.install_recommends is not None:
            options.append(("--no-", "--")[self.install_recommends] + "install-recommends")
        return options + (["-t", self.default_release] if self.default_release else [])

    def _refuse_impossible(self, seen: Facts) -> None:
        complaint = seen.get("apt:complaint")
        refreshed_before = seen["apt:lists"] == "refreshed" != seen["apt:lists-now"]
        if refreshed_before and (complaint or self._wants_newest()):
            today = complained(complaint) if complaint else summarised(seen, self._todo(seen))
            raise CannotTell("an earlier step refreshes the package lists; by today's: " + today)
        if complaint:
            raise CannotPlan(complained(complaint))

    def _todo(self, seen: Facts) -> dict[str, str]:
        """What the simulation would change, and earlier steps of a dry-run have not: sorted."""
        offered = {
            key.removeprefix("candidate:"): value
            for key, value in seen.items()
            if key.startswith("candidate:")
        }
        self._refuse_overtaken(seen, {name.partition(":")[0] for name in offered})
        return {
            name: version
            for name, version in sorted(offered.items())
            if seen.get("package:" + name) != version or self._purges(seen, name)
        }

    def _purges(self, seen: Facts, name: str) -> bool:
        return self.purge and seen.get("package:" + name + ":state", "").endswith("config-files")

    def _refuse_overtaken(self, seen: Facts, offered: set[str]) -> None:
        """An earlier step of a dry-run changes what the simulation looked at."""
        if "apt:complaint" in seen:
            return
        for name in self._named():
            here = seen["package:" + name] != ABSENT
            if here is (self.state == "absent") and name.partition(":")[0] not in offered:
                raise CannotTell("an earlier step changes " + name)

    def _refuse_no_way_back(self, seen: Facts, todo: Mapping[str, str]) -> None:
        lost = [name for name in todo if seen.get("old:" + name) == "nowhere"]
        if lost:
            names = ", ".join(name + "=" + seen["package:" + name] for name in lost)
            raise CannotPlan(
                "no: " + names + " in no source or cache, so that there would be no way back; "
                "with dpkg-repack installed on the host it can be made"
            )

    def _expect(self, seen: Facts, todo: Mapping[str, str]) -> dict[str, str]:
        """All that stays or comes, and the named; what goes with them leaves no fact behind."""
        expect = {}
        for name, version in todo.items():
            named = name in self._named()
            if version != ABSENT or named:
                expect["package:" + name] = version
            if named and version != ABSENT:
                held = seen["package:" + name + ":state"].startswith("hold ")
                expect["package:" + name + ":state"] = "hold ok installed" if held else _WELL
            elif named and self.purge:
                expect["package:" + name + ":state"] = "unknown ok not-installed"
        return expect

    def _restored(self, seen: Facts, todo: Mapping[str, str]) -> dict[str, str]:
        """As before; but nobody breaks again what was half-configured, nor looks for newcomers.

        Of a package that was only removed, a purge is undone in its files, not in dpkg's memory.
        """
        found = {}
        for name in todo:
            before = seen.get("package:" + name, ABSENT)
            state = seen.get("package:" + name + ":state", "")
            if broken(before) or (before == ABSENT and not state):
                continue
            found["package:" + name] = before
            if state and not (self.purge and state.endswith(" config-files")):
                found["package:" + name + ":state"] = state
        return found
