"""Start, stop, restart, reload and enable services."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from mplay.sdk import CannotPlan, Certainty, Change, Facts, Script, State, WayBack, lines, sh

_BAD_NAME = "has {!r} for a name, which no unit can have"
UNIT_KINDS = (".service", ".socket", ".timer", ".path", ".mount", ".automount", ".target")
CANNOT_BE_ENABLED = {"", "static", "indirect", "generated", "transient", "alias"}


class Service(State):
    """A service that runs or does not, now (`state`) and after the next boot (`enabled`).

    ::

        - id: web
          service: {name: nginx, state: started, enabled: true}
        - id: reload
          on_change: [conf]
          service: {name: nginx, state: reloaded}

    Needs systemd. `started` and `stopped` are wanted states and can be undone. `restarted` and
    `reloaded` act each time and have nothing to undo. A service that is started or restarted must
    still run after `settle` seconds, without having been restarted by systemd in between;
    otherwise the step failed. Units changed on disk are loaded again first.
    """

    TIMEOUT: ClassVar[float] = 900.0
    REFUSED: ClassVar = {
        "pattern": "systemd knows which processes belong to a service; leave it out",
        "arguments": "put them into the unit, with `template` or `copy`",
        "args": "put them into the unit, with `template` or `copy`",
        "runlevel": "systemd has no runlevels; leave it out",
        "sleep": "a restart waits until the service has stopped; leave it out",
        "use": "only systemd is supported; leave it out",
        "daemon_reload": "this is done where it is needed; leave it out",
        "daemon_reexec": "use `shell` with `irreversible`",
        "masked": "use `shell` with `state` and `undo`",
        "no_block": "a service must be seen to run; leave it out",
        "scope": "only the services of the system are managed",
        "force": "use `shell` with `state` and `undo`",
    }

    name: str
    """The unit; ``.service`` may be left out."""
    state: Literal["started", "stopped", "restarted", "reloaded"] | None = None
    """`reloaded` starts a service that does not run, as in Ansible."""
    enabled: bool | None = None
    """Whether it starts at boot."""
    settle: Annotated[float, Field(ge=0, le=300)] = 2.0
    """Seconds that it must stay up; only for units of which systemd cannot know that they are
    ready (``Type=simple``, ``exec``, ``idle``)."""

    @model_validator(mode="after")
    def _wants_something(self) -> Self:
        if not re.fullmatch(r"[A-Za-z0-9:_.@\\-]+", self.name):
            raise ValueError(_BAD_NAME.format(self.name))
        if self.state is None and self.enabled is None:
            raise ValueError("needs `state` or `enabled`, or both")
        return self

    def way_back(self) -> WayBack:
        """A restart or reload alone has nothing to undo."""
        if self._acts() and self.enabled is None:
            return WayBack.HARMLESS
        return WayBack.RESTORE

    def certainty(self) -> Certainty:
        """`restarted` and `reloaded` act each time."""
        return Certainty.ACTS if self._acts() else Certainty.CERTAIN

    def probe(self) -> Script:
        """Ask systemd once."""
        return sh(
            _PROBE,
            unit=self._unit(),
            load=self._key("load"),
            reload=self._key("reload"),
            enabled=self._key("enabled"),
            running=self._key("running"),
        )

    def plan(self, seen: Facts) -> Change | None:
        """Start, stop or enable where needed; restart and reload always."""
        self._refuse_impossible(seen)
        verb, enable = self._verb(seen), self._enable(seen)
        if not verb and not enable:
            return None
        expect = {}
        if verb:
            expect[self._key("running")] = "no" if verb == "stop" else "yes"
        if enable:
            expect[self._key("enabled")] = "enabled" if self.enabled else "disabled"
        back = self.way_back() is WayBack.RESTORE
        return Change(
            summary=" and ".join(filter(None, (enable, verb))) + " " + self.name,
            save=self._links(_SAVE) if enable else "",
            apply=lines(
                sh(_LOAD_AGAIN, unit=self._unit()),
                sh("systemctl -q {enable} -- {unit}", enable=enable, unit=self._unit())
                if enable
                else "",
                self._work(verb) if verb else "",
            ),
            restore=self._restore(verb, enable) if back else None,
            expect=expect,
            restored=self._restored(seen, expect) if back else {},
        )

    def _verb(self, seen: Facts) -> str:
        running = seen[self._key("running")]
        if self.state == "started":
            return "" if running == "yes" else "start"
        if self.state == "stopped":
            return "" if running == "no" else "stop"
        if self.state == "reloaded":
            return "reload" if running == "yes" else "start"
        return "restart" if self.state else ""

    def _enable(self, seen: Facts) -> str:
        now = seen[self._key("enabled")]
        if self.enabled is None or now in CANNOT_BE_ENABLED:
            return ""
        if not self.enabled and now.startswith("masked"):
            return ""
        wanted = "enabled" if self.enabled else "disabled"
        return "" if now == wanted else wanted.removesuffix("d")

    def _refuse_impossible(self, seen: Facts) -> None:
        load = seen[self._key("load")]
        if load == "no-systemd":
            raise CannotPlan(
                "systemd does not run this host, and no other service manager is known"
            )
        if load == "masked" and (self.enabled or self.state not in (None, "stopped")):
            raise CannotPlan(
                self._unit() + " is masked: `systemctl unmask` it first, if it may run"
            )
        if load == "not-found":
            raise CannotPlan(
                "this host has no unit " + self._unit() + ": is its package installed?"
            )
        if load not in ("loaded", "masked"):
            raise CannotPlan(
                "systemd cannot load " + self._unit() + " (" + load + "): "
                "`systemctl status` on the host says why"
            )
        if self.state == "reloaded" and seen[self._key("reload")] == "no":
            raise CannotPlan(self._unit() + " knows no reload: use `state: restarted`")
        if self.enabled and seen[self._key("enabled")] in ("static", "indirect"):
            raise CannotPlan(self._unit() + " cannot be enabled: its unit has no [Install] section")

    def _restore(self, verb: str, enable: str) -> Script:
        opposite = {"start": "stop", "stop": "start"} if not self._acts() else {}
        return lines(
            self._work(opposite[verb]) if verb in opposite else "",
            sh("systemctl -q reset-failed -- {unit} 2>/dev/null || :", unit=self._unit())
            if verb == "start"
            else "",
            self._links(_RESTORE) if enable else "",
        )

    def _restored(self, seen: Facts, expect: Facts) -> dict[str, str]:
        """As before; what was on its way then (starting, stopping) cannot be compared."""
        passing = {"starting", "stopping"}
        keys = [key for key in expect if not (self._acts() and key.endswith(":running"))]
        return {key: seen[key] for key in keys if seen[key] not in passing}

    def _acts(self) -> bool:
        return self.state in ("restarted", "reloaded")

    def _unit(self) -> str:
        return self.name if self.name.endswith(UNIT_KINDS) else self.name + ".service"

    def _work(self, verb: str) -> Script:
        if verb == "stop":
            return sh("systemctl --no-ask-password stop -- {unit}", unit=self._unit())
        return lines(
            sh("systemctl --no-ask-password {verb} -- {unit}", verb=verb, unit=self._unit()),
            sh(_STAYS_UP, unit=self._unit(), settle=self.settle),
        )

    def _links(self, then: Script) -> Script:
        """Names as patterns of `find`, in which a backslash escapes."""
        pattern = self._unit().replace("\\", "\\\\")
        base = pattern.rpartition(".")[0]
        return lines(
            sh(_LINKS, target="*/" + pattern, unit=pattern, script="[SK][0-9][0-9]" + base), then
        )

    def _key(self, of: str) -> str:
        return "service:" + self._unit() + ":" + of


_PROBE = """[ -d /run/systemd/system ] || { fact {load} no-systemd; exit 0; }
all=$(systemctl show -p LoadState -p ActiveState -p UnitFileState -p CanReload -- {unit}) || exit 1
of() { one=${all##*"$1="}; one=${one%%"
"*}; }
of LoadState; fact {load} "$one"
of CanReload; fact {reload} "$one"
of UnitFileState; fact {enabled} "$one"
of ActiveState
case $one in
  active|reloading|refreshing) one=yes ;;
  inactive|failed) one=no ;;
  deactivating) one=stopping ;;
  *) one=starting ;;
esac
fact {running} "$one"
"""

_LOAD_AGAIN = """[ "$(systemctl show --value -p NeedDaemonReload -- {unit})" = no ] ||
  systemctl daemon-reload"""

_STAYS_UP = """state() { systemctl show -p ActiveState -p InvocationID -- {unit}; }
first=$(state)
case $(systemctl show --value -p Type -- {unit}) in simple|exec|idle) sleep {settle} ;; esac
now=$(state)
case $now in *ActiveState=active*) ;; *) now=died ;; esac
[ "$now" = "$first" ] || {
  printf '%s did not stay up\\n' {unit} >&2
  systemctl status --no-pager --lines=10 -- {unit} >&2 || :
  exit 1
}"""
"""A start makes a new invocation; if systemd had to start it again it is another one."""

_LINKS = """cd /
links() {
  find etc/systemd/system etc/rc?.d -type l \\
    '(' -lname {target} -o -name {unit} -o -name {script} ')' 2>/dev/null
}
"""
"""What enabling a unit makes: its links, and those of the init script of the same name."""

_SAVE = """links | tar -cf "$MPLAY_SAVE/links.new" -T -
mv "$MPLAY_SAVE/links.new" "$MPLAY_SAVE/links.tar"
sync "$MPLAY_SAVE/links.tar" "$MPLAY_SAVE"
"""

_RESTORE = """[ -e "$MPLAY_SAVE/links.tar" ] || exit 0
links | while IFS= read -r link; do rm -f "$link"; done
tar -xf "$MPLAY_SAVE/links.tar"
systemctl daemon-reload
"""
