"""What a user has beside its entries: a home and a mailbox; kept, taken away, brought back.

What a step has made is not deleted by its undo, for somebody may have put something there since: it
goes into the restore point, and with that when its time has passed.
"""

from __future__ import annotations

from mplay.sdk import Script, lines, sh
from mplay_modules._place import parent

_AWAY = r"""take_away() {
  n=0
  while [ -e "$MPLAY_SAVE/left-$n" ]; do n=$((n + 1)); done
  mv -T -- "$1" "$MPLAY_SAVE/left-$n"
  sync -- "${1%/*}"
}
"""
_HOME_AWAY = "if [ -d {home} ] && [ ! -L {home} ]; then take_away {home}; fi"
_MAIL_AWAY = 'if [ -e "$MPLAY_SAVE/no-mail" ] && [ -e {mail} ]; then take_away {mail}; fi'

_KEEP = r"""cp -ax -- {home} "$MPLAY_SAVE/home"
sync -f -- "$MPLAY_SAVE/home"
: >"$MPLAY_SAVE/home-saved"
if [ -e {mail} ]; then
  cp -a -- {mail} "$MPLAY_SAVE/mail"
  sync -- "$MPLAY_SAVE/mail"
  : >"$MPLAY_SAVE/mail-saved"
fi"""

_BRING_BACK = r"""if [ -e "$MPLAY_SAVE/home-saved" ]; then
  rm -rf --one-file-system -- {new}
  cp -a -- "$MPLAY_SAVE/home" {new}
  sync -f -- {new}
  rm -rf --one-file-system -- {home}
  mv -T -- {new} {home}
  sync -- {parent}
fi
if [ -e "$MPLAY_SAVE/mail-saved" ] && [ ! -e {mail} ]; then
  cp -a -- "$MPLAY_SAVE/mail" {mail}
  sync -- {mail}
fi"""

# usermod gives what is in the home to the new number; these lists say what to give back.
_OWNED = r"""if [ -d {home} ]; then
  find {home} -xdev {test} {old} -print0 >"$MPLAY_SAVE/owned"{test}
  sync -- "$MPLAY_SAVE/owned"{test}
fi"""
_GIVEN_BACK = r"""if [ -e "$MPLAY_SAVE/saved" ] && [ -s "$MPLAY_SAVE/owned"{test} ]; then
  xargs -0r {give} {old} -- <"$MPLAY_SAVE/owned"{test} || :
fi"""


def mailbox(name: str) -> str:
    """Where a user's mail is."""
    return "/".join(("/var/mail", name))


def note_mail(name: str) -> Script:
    """Shell for `save`: whether there is mail before the user is."""
    return sh('[ -e {mail} ] || : >"$MPLAY_SAVE/no-mail"', mail=mailbox(name))


def take_back(name: str, home: str) -> Script:
    """Shell for `restore`: the home ('' none) and mailbox that making the user has made."""
    return lines(
        _AWAY,
        sh(_HOME_AWAY, home=home) if home else "",
        sh(_MAIL_AWAY, mail=mailbox(name)),
    )


def keep_home(name: str, home: str) -> Script:
    """Shell for `save`: home and mailbox, whole."""
    return sh(_KEEP, home=home, mail=mailbox(name))


def remove_home(name: str, home: str) -> Script:
    """Shell for `apply`: home and mailbox go."""
    return sh(
        "rm -rf --one-file-system -- {home}\nrm -f -- {mail}\nsync -- {parent}",
        home=home,
        mail=mailbox(name),
        parent=parent(home),
    )


def bring_home_back(name: str, home: str) -> Script:
    """Shell for `restore`: what `keep_home` kept."""
    new = "/".join((parent(home).rstrip("/"), ".".join(("", "mplay", name))))
    return sh(_BRING_BACK, home=home, mail=mailbox(name), new=new, parent=parent(home))


def note_owned(home: str, *, user: str = "", group: str = "") -> Script:
    """Shell for `save`: what in the home belongs to a user's number, or to a group's."""
    test, old = ("-uid", user) if user else ("-gid", group)
    return sh(_OWNED, home=home, test=test, old=old)


def give_back(*, user: str = "", group: str = "") -> Script:
    """Shell for `restore`: it belongs to that number again."""
    test, old, give = ("-uid", user, "chown") if user else ("-gid", group, "chgrp")
    return sh(_GIVEN_BACK, test=test, old=old, give=[give, "-hf"])
