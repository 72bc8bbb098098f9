"""Run a command at certain times, by systemd."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from mplay.sdk import CannotPlan, Change, Diff, Facts, Script, State, lines, sh, text_diff
from mplay_modules._command import Text
from mplay_modules._file_facts import text_of
from mplay_modules._place import Place, fact
from mplay_modules._timer_units import can_be_quoted, is_one_line, service_unit, timer_unit

FOLDER = "/etc/systemd/system/"


def _several(given: object) -> object:
    return tuple(given) if isinstance(given, list | tuple) else (given,)


Calendar = Annotated[tuple[str, ...], BeforeValidator(_several)]
"""One calendar expression, or a list of them."""


class Timer(State):
    """A command that systemd runs at certain times.

    ::

        - id: nightly
          timer:
            name: nightly-report
            run: /usr/local/bin/report --mail
            on_calendar: "Mon..Fri 02:30"
            user: reports
        - id: no_more
          timer: {name: nightly-report, state: absent}

    Writes ``NAME.service`` and ``NAME.timer`` below ``/etc/systemd/system``, and enables and starts
    the timer. The undo brings back what was there. What the command prints is in the host's
    journal: ``journalctl -u NAME``. Needs systemd. For lines of a crontab see `cron`.
    """

    name: str
    """Its name, without ``.timer``."""
    run: Text = ""
    """The command, for ``/bin/sh``."""
    on_calendar: Calendar = ()
    """When: an expression of systemd, or a list of them: ``daily``, ``Mon *-*-* 04:00``,
    ``*:0/15``. ``systemd-analyze calendar`` on the host says whether it is one."""
    state: Literal["present", "absent"] = "present"
    """`absent`: both units are removed; what runs just now ends by itself."""
    user: str = ""
    """The account that runs the command; root by default."""
    chdir: Place | Literal[""] = ""
    """Directory in which it runs."""
    persistent: bool = True
    """Whether it runs at once when the last time was missed, as while the host was down."""
    randomized_delay: Annotated[float, Field(ge=0, le=86_400)] = 0.0
    """Seconds, up to which each time is put off at random, so that hosts do not all begin at
    once."""
    description: str = ""
    """What people read in the list of units; by default the name."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not re.fullmatch(r"[A-Za-z0-9:_.@-]+", self.name) or self.name.endswith(
            (".timer", ".service", "@")
        ):
            raise ValueError("has " + repr(self.name) + " for a name, which no timer can have")
        if self.state == "present" and not (self.run and self.on_calendar):
            raise ValueError("needs `run` and `on_calendar`")
        if not can_be_quoted(self.run):
            raise ValueError("has a control character in `run`")
        if not re.fullmatch(r"[A-Za-z0-9_.-]*", self.user):
            raise ValueError("has " + repr(self.user) + " for a user, which none can be called")
        for text in (self.description, self.chdir, *self.on_calendar):
            if not is_one_line(text):
                raise ValueError("has a value that is not one line: " + repr(text))
        return self

    def probe(self) -> Script:
        """Both units, what systemd makes of them, and whether it knows such times."""
        return lines(
            sh(
                "[ -d /run/systemd/system ] || { fact {init} other; exit 0; }",
                init=self._key("init"),
            ),
            sh("fact {init} systemd", init=self._key("init")),
            _LOOK,
            *(
                sh("look {path} {wanted}", path=path, wanted=_sha256(text))
                for path, text in self._units().items()
            ),
            sh(
                _ASK,
                timer=self.name + ".timer",
                service=self.name + ".service",
                enabled=self._unit_key("enabled"),
                running=self._unit_key("running"),
                foreign=self._key("foreign"),
            ),
            sh(_CALENDAR, when=self.on_calendar, key=self._key("calendar"))
            if self.on_calendar
            else "",
            sh(
                "id -u {user} >/dev/null 2>&1 || fact {key} {user}",
                user=self.user,
                key=self._key("nobody"),
            )
            if self.user
            else "",
        )

    def plan(self, seen: Facts) -> Change | None:
        """Both units written or removed, and the timer started or stopped."""
        self._refuse_impossible(seen)
        expect = self._wanted()
        wrong = [key for key, value in expect.items() if seen.get(key) != value]
        if not wrong:
            return None
        return Change(
            summary=self._summary(seen, wrong),
            save=self._script(_SAVE),
            apply=self._write() if self.state == "present" else self._script(_REMOVE),
            restore=self._script(_RESTORE),
            expect=expect,
            restored={key: seen[key] for key in self._compared() if key in seen},
            diff=tuple(self._diff(seen)),
        )

    def _units(self) -> dict[str, str]:
        """Path -> content; '' where it is not to be."""
        paths = (FOLDER + self.name + ".service", FOLDER + self.name + ".timer")
        if self.state == "absent":
            return dict.fromkeys(paths, "")
        said = self.description or self.name
        service = service_unit(description=said, run=self.run, user=self.user, chdir=self.chdir)
        timer = timer_unit(
            description=said,
            on_calendar=self.on_calendar,
            persistent=self.persistent,
            randomized_delay=self.randomized_delay,
        )
        return dict(zip(paths, (service, timer), strict=True))

    def _wanted(self) -> dict[str, str]:
        wanted = {}
        for path, text in self._units().items():
            if self.state == "absent":
                wanted[fact(path, "kind")] = "absent"
                continue
            attributes = {"kind": "file", "mode": "0644", "owner": "root", "group": "root"}
            attributes["sha256"] = _sha256(text)
            wanted |= {fact(path, name): value for name, value in attributes.items()}
        present = self.state == "present"
        wanted[self._unit_key("enabled")] = "enabled" if present else ""
        wanted[self._unit_key("running")] = "yes" if present else "no"
        return wanted

    def _compared(self) -> list[str]:
        names = ("kind", "mode", "owner", "group", "sha256")
        keys = [fact(path, name) for path in self._units() for name in names]
        return [*keys, self._unit_key("enabled"), self._unit_key("running")]

    def _refuse_impossible(self, seen: Facts) -> None:
        if seen[self._key("init")] != "systemd":
            raise CannotPlan("systemd does not run this host: use `cron`")
        if foreign := seen.get(self._key("foreign")):
            raise CannotPlan(foreign + " belongs to a package or program: choose another name")
        for path in self._units():
            if seen[fact(path, "kind")] == "other":
                raise CannotPlan(path + " is no file: look at it, or choose another name")
        if complaint := seen.get(self._key("calendar")):
            raise CannotPlan("systemd does not understand `on_calendar`: " + complaint)
        if nobody := seen.get(self._key("nobody")):
            raise CannotPlan("this host has no user " + nobody + ": create it in a step before")

    def _summary(self, seen: Facts, wrong: list[str]) -> str:
        if self.state == "absent":
            return "remove timer " + self.name
        if any(key.startswith("file:") for key in wrong):
            known = any(seen[fact(path, "kind")] == "file" for path in self._units())
            return ("change" if known else "create") + " timer " + self.name
        return "start timer " + self.name

    def _diff(self, seen: Facts) -> list[Diff]:
        found: list[Diff] = []
        for path, text in self._units().items():
            before = text_of(seen.get(fact(path, "text")), seen.get(fact(path, "sha256"), ""))
            if before is None and seen[fact(path, "kind")] == "absent":
                before = ""
            if before is not None and before != text:
                found += text_diff(path, before, text)
        return found

    def _script(self, then: Script) -> Script:
        service, timer = self._units()
        return lines(self._begin(), sh(_FILES, service=service[1:], timer=timer[1:]), then)

    def _begin(self) -> Script:
        return sh("cd /\nunit={unit}", unit=self.name + ".timer")

    def _write(self) -> Script:
        puts = (
            sh("put {path} {text}", path=path[1:], text=text)
            for path, text in self._units().items()
        )
        return lines(self._begin(), _PUT, *puts, _START)

    def _key(self, of: str) -> str:
        return "timer:" + self.name + ":" + of

    def _unit_key(self, of: str) -> str:
        return "service:" + self.name + ".timer:" + of


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_LOOK = r"""look() {
  k="file:$1"
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then
    fact "$k:kind" absent
    return
  fi
  if [ -L "$1" ] || [ ! -f "$1" ]; then
    fact "$k:kind" other
    return
  fi
  IFS=: read -r mode owner group <<END
$(LC_ALL=C stat -c '%04a:%U:%G' -- "$1")
END
  sum=$(sha256sum <"$1") || exit
  fact "$k:kind" file
  fact "$k:mode" "$mode"
  fact "$k:owner" "$owner"
  fact "$k:group" "$group"
  fact "$k:sha256" "${sum%% *}"
  case $mode in *[4567]) ;; *) return ;; esac
  if [ "${sum%% *}" = "$2" ] || [ "$(wc -c <"$1")" -gt 30000 ]; then return; fi
  text=$(cat "$1"; echo .)
  fact "$k:text" "${text%.}"
}"""

_ASK = """all=$(systemctl show -p ActiveState -p UnitFileState -- {timer}) || exit 1
of() { one=${all##*"$1="}; one=${one%%"
"*}; }
of UnitFileState; fact {enabled} "$one"
of ActiveState
case $one in active|activating|reloading) one=yes ;; *) one=no ;; esac
fact {running} "$one"
for unit in {timer} {service}; do
  from=$(systemctl show --value -p FragmentPath -- "$unit")
  case $from in
    ''|/etc/systemd/system/*) ;;
    *) fact {foreign} "$from"; break ;;
  esac
done"""

_CALENDAR = """complaint=$(systemd-analyze calendar -- {when} 2>&1 >/dev/null) ||
  fact {key} "${complaint:-it is no calendar expression}\""""

_FILES = """service={service} timer={timer}
links() { find etc/systemd/system -mindepth 2 -type l -name "$unit"; }
is_there() { [ -e "$1" ] || [ -L "$1" ]; }
"""

_SAVE = """{
  if is_there "$service"; then echo "$service"; fi
  if is_there "$timer"; then echo "$timer"; fi
  links
} | tar -cf "$MPLAY_SAVE/units.new" -T -
if systemctl is-active -q -- "$unit"; then : >"$MPLAY_SAVE/active"; fi
mv "$MPLAY_SAVE/units.new" "$MPLAY_SAVE/units.tar"
sync "$MPLAY_SAVE/units.tar" "$MPLAY_SAVE"
"""

_PUT = """put() {
  printf %s "$2" >"$1.mplay-new"
  chown root:root "$1.mplay-new"
  chmod 0644 "$1.mplay-new"
  sync "$1.mplay-new"
  mv -f "$1.mplay-new" "$1"
}
"""

_START = """systemctl daemon-reload
systemctl -q enable -- "$unit"
systemctl restart -- "$unit"
"""

_REMOVE = """if is_there "$timer"; then systemctl -q disable --now -- "$unit"; fi
rm -f "$timer" "$service"
systemctl daemon-reload
systemctl -q reset-failed -- "$unit" 2>/dev/null || :
"""

_RESTORE = """[ -e "$MPLAY_SAVE/units.tar" ] || exit 0
systemctl -q stop -- "$unit" 2>/dev/null || :
links | while IFS= read -r link; do rm -f "$link"; done
rm -f "$service" "$timer" "$service.mplay-new" "$timer.mplay-new"
tar -xf "$MPLAY_SAVE/units.tar"
systemctl daemon-reload
if [ -e "$MPLAY_SAVE/active" ]; then systemctl start -- "$unit"; fi
systemctl -q reset-failed -- "$unit" 2>/dev/null || :
"""
