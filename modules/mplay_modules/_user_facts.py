"""What a host says about a user: entries as facts, of the password a digest only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from mplay.sdk import Script, lines, sh
from mplay_modules._account_facts import user_key

AGING = {
    "password_expire_min": "min-days",
    "password_expire_max": "max-days",
    "password_expire_warn": "warn-days",
    "password_expire_account_disable": "inactive-days",
}
"""Arguments -> names of facts."""

# Fields are cut by the shell itself: no process has a password in its arguments.
_PASSWD = r"""k={key} base=''
if [ "$(id -u)" = 0 ]; then fact task:root yes; else fact task:root no; fi
command -v useradd >/dev/null || fact task:tools no
user_facts() {
  entry=$1
  of() { field=${entry%%:*} entry=${entry#*:}; }
  of; of
  of; fact "$k:uid" "$field"
  of; fact "$k:gid" "$field"
  of; fact "$k:comment" "$field"
  of; home=$field; fact "$k:home" "$field"
  fact "$k:shell" "$entry"
  main=$(id -gn {name})
  fact "$k:group" "$main"
  others=$(id -Gn {name} | tr ' ' '\n' | grep -vxF -e "$main" | LC_ALL=C sort | paste -sd ,)
  fact "$k:groups" "$others"
  what='absent'
  if [ -L "$home" ]; then what='link'
  elif [ -d "$home" ]; then what='directory'
  elif [ -e "$home" ]; then what='other'
  fi
  fact "file:${home:-/}:kind" "$what"
}
shadow_facts() {
  entry=$1
  of; of; password=$field
  locked='no'
  while [ "${password#!}" != "$password" ]; do locked='yes' password=${password#!}; done
  sum=$(printf %s "$password" | sha256sum)
  password=''
  fact "$k:password" "${sum%% *}"
  fact "$k:locked" "$locked"
  of
  of; fact "$k:min-days" "$field"
  of; fact "$k:max-days" "$field"
  of; fact "$k:warn-days" "$field"
  of; fact "$k:inactive-days" "$field"
  fact "$k:expires" "${entry%%:*}"
}
if found=$(getent passwd {name}); then
  fact "$k:there" yes
  user_facts "$found"
  if found=$(getent shadow {name}); then shadow_facts "$found"; fi
  found='' entry='' field=''
else
  fact "$k:there" no
  home=''
  base=$(useradd -D 2>/dev/null | sed -n 's/^HOME=//p')
  base=${base:-/home}
  fact "$k:new-home" "$base/"{name}
fi"""

_GROUP = "if getent group {group} >/dev/null; then fact {key} yes; else fact {key} no; fi"
_TAKEN = 'if entry=$(getent passwd {uid}); then fact {key} "${entry%%:*}"; fi'
_HOME = r"""if [ "${what:-}" = directory ]; then
  fact "$k:home-owner" "$(stat -Lc %u -- "$home")"
  kib=$(du -sxk -- "$home") || exit
  fact "$k:home-kib" "${kib%%[!0-9]*}"
fi"""
# Where the home is not that of the entry: what is there already.
_NEW_HOME = r"""new_home={home}
[ -n "$new_home" ] || new_home=${base:+"$base/"{name}}
[ -n "$new_home" ] || new_home=${home:-/}
if [ "$new_home" != "${home:-/}" ]; then
  what='absent'
  if [ -L "$new_home" ]; then what='link'
  elif [ -d "$new_home" ]; then what='directory'
  elif [ -e "$new_home" ]; then what='other'
  fi
  fact "file:$new_home:kind" "$what"
  up=${new_home%/*}
  if [ -d "${up:-/}" ]; then fact "file:${up:-/}:kind" directory
  else fact "file:$up:kind" absent
  fi
fi"""


def group_key(group: str) -> str:
    """The key of the fact whether there is such a group."""
    return ":".join(("group", group, "there"))


def user_probe(
    name: str, *, groups: Sequence[str], uid: int | None, home: str | None, size: bool
) -> Script:
    """All about one user; `size`: of the home too, which is read for it."""
    asked = [name, *(group for group in groups if group != name)]
    return lines(
        sh(_PASSWD, name=name, key=user_key(name, "").removesuffix(":")),
        lines(*(sh(_GROUP, group=group, key=group_key(group)) for group in asked)),
        "" if uid is None else sh(_TAKEN, uid=uid, key=f"uid:{uid}:user"),
        _HOME if size else "",
        sh(_NEW_HOME, name=name, home=home or ""),
    )


def digest(password: str) -> str:
    """What the facts say about the hash of a password; a lock's ``!`` left out."""
    return hashlib.sha256(password.lstrip("!").encode()).hexdigest()
