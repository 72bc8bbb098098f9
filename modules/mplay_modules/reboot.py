"""Reboot hosts, and wait until they are up again."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mplay.sdk import Action, CannotPlan, CannotTell, Change, Facts, Script, lines, sh
from mplay_modules._command import Text, subshell

SOONEST = 2.0
"""Seconds that the host has for writing down that the task has ended."""
IDENTITY, INIT = "boot:identity", "boot:init"
REQUIRED, WHY = "reboot:required", "reboot:why"
REBOOTED, UP, TESTED = "reboot:rebooted", "reboot:up", "reboot:tested"


class Reboot(Action):
    """A reboot, and the wait until the host has started again.

    ::

        - id: boot
          reboot: {if: required}

    It is done when the host answers with another boot identity than before, its services have been
    started, and `test_command` succeeds. A controller that is killed meanwhile does not reboot it
    twice: `mplay resume` asks whether it has happened. There is nothing to undo. Needs systemd.
    """

    TIMEOUT: ClassVar[float] = 900.0
    REFUSED: ClassVar = {
        "boot_time_command": "the identity of the boot is compared; leave it out",
        "connect_timeout": "the host is waited for as any that was lost; leave it out",
        "post_reboot_delay": "say with `test_command` when it is ready; leave it out",
        "reboot_command": "the host's own way is used; leave it out",
        "search_paths": "the host's own way is used; leave it out",
    }

    if_: Literal["required", "always"] = Field(default="always", alias="if")
    """`required`: only where ``/run/reboot-required`` is there, or the kernel that would be started
    is not the one that runs."""
    pre_reboot_delay: Annotated[float, Field(ge=0, le=3600)] = 0.0
    """Seconds before it begins; at least 2."""
    reboot_timeout: Annotated[float, Field(gt=0, le=7200)] = 600.0
    """Seconds until all must be as it should. For as long as it does not answer at all, the host is
    waited for like any that was lost."""
    test_command: Text = ""
    """A read-only command that succeeds once the host is ready."""
    msg: str = "Reboot by mplay"
    """The reason that the host logs."""

    def probe(self) -> Script:
        """Which boot this is, and whether another one is required."""
        return lines(
            _READ_IDENTITY,
            sh(_REQUIRED, identity=IDENTITY, required=REQUIRED, why=WHY, init=INIT),
        )

    def plan(self, seen: Facts) -> Change | None:
        """Schedule it; whether it has happened is asked against the boot that was seen."""
        if seen[INIT] != "systemd":
            raise CannotPlan("systemd does not run this host, and nothing else is known to reboot")
        if self.if_ == "required" and seen[REQUIRED] == "no":
            if any(key.startswith("package:") for key in seen):
                raise CannotTell(
                    "whether the packages of an earlier step need a reboot is known once "
                    "they are installed"
                )
            return None
        expect = {REBOOTED: "yes", UP: "yes"}
        if self.test_command:
            expect[TESTED] = "yes"
        return Change(
            summary="reboot: " + seen[WHY] if seen[WHY] else "reboot",
            apply=sh(_SCHEDULE, after=max(self.pre_reboot_delay, SOONEST), why=self.msg),
            restore=None,
            expect=expect,
            restored={},
            settle=self.reboot_timeout + self.pre_reboot_delay,
            probe=self._has_happened(seen[IDENTITY]),
            reconnect=True,
        )

    def _has_happened(self, before: str) -> Script:
        """The probe that carries the old boot identity."""
        return lines(
            _READ_IDENTITY,
            sh(_HAPPENED, before=before, identity=IDENTITY, rebooted=REBOOTED, up=UP),
            self._test() if self.test_command else "",
        )

    def _test(self) -> Script:
        return lines(
            "tested() {",
            subshell(("/bin/sh", "-c", self.test_command)),
            "}",
            "tested=no; tested </dev/null >/dev/null 2>&1 && tested=yes",
            sh('fact {key} "$tested"', key=TESTED),
        )


_READ_IDENTITY = """read -r identity </proc/sys/kernel/random/boot_id
read -r words </proc/1/stat
words=${words##*) }
identity="$identity $(printf '%s\\n' "$words" | cut -d ' ' -f 20)"
"""
"""Boot id, and when process 1 was started; its name in parentheses may hold anything."""

_REQUIRED = r"""required=no why=''
kernel=$(readlink /vmlinuz || readlink /boot/vmlinuz || :)
kernel=${kernel##*vmlinuz-}
if [ -e /run/reboot-required ]; then
  required=yes why='the host says that it is required'
  packages=$(head -c 400 /run/reboot-required.pkgs 2>/dev/null | sort -u | tr '\n' ' ')
  [ -z "$packages" ] || why="required by ${packages% }"
elif [ -n "$kernel" ] && [ "$kernel" != "$(uname -r)" ]; then
  required=yes why="kernel $kernel is installed, $(uname -r) runs"
fi
fact {identity} "$identity"
fact {required} "$required"
fact {why} "$why"
init=other; [ ! -d /run/systemd/system ] || init=systemd
fact {init} "$init"
"""

_SCHEDULE = """systemd-run --quiet --collect --on-active={after} \\
  --timer-property=AccuracySec=100ms -- systemctl reboot --message={why}
"""
"""By systemd, not by this task: it has to end first, and the host to write down that it has."""

_HAPPENED = """rebooted=yes up=yes
[ "$identity" != {before} ] || rebooted=no
case $(systemctl is-system-running) in
  initializing|starting|stopping|offline) up=no ;;
esac
fact {identity} "$identity"
fact {rebooted} "$rebooted"
fact {up} "$up"
"""
