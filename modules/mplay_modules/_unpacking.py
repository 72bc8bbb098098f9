"""Unpacking an archive over what is there, and bringing back what was.

Whoever packed it names what it holds, so its list is made on the host, from the archive itself:
what is there under those names goes into ``$MPLAY_SAVE/old.tar`` with all its attributes, and what
is not there is written down, one name a line; ``saved`` marks both as whole. Names that do not fit
on a line, or that lead out of the directory, are refused before anything is unpacked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mplay.sdk import Script, lines, sh

Form = Literal["tar", "zip"]

# A list of names, directories with a slash behind them; those that are only implied too.
_NAMES = r"""names() {
  sed 's,//*,/,g; s,^\(\./\)*,,; s,/\./,/,g' "$MPLAY_SAVE/listed" | awk '
    $0 == "" || $0 == "." { next }
    { print }
    { path = $0; sub(/\/+$/, "", path)
      while (sub(/\/[^\/]*$/, "", path)) if (!(path in seen)) { seen[path] = 1; print path "/" } }
  ' | LC_ALL=C sort -u
}"""

_LISTED = {
    "tar": 'listed() { tar --quoting-style=escape -tf "$archive"; }',
    # No list at all is what a zip file without entries has.
    "zip": 'listed() { unzip -Z1 "$archive" || [ $? = 11 ]; }',
}

_SAVE = r"""listed >"$MPLAY_SAVE/listed"
names >"$MPLAY_SAVE/names"
if grep -n -e '[\]' -e '^/' -e '^\.\./' -e '/\.\./' -e '/\.\.$' -e '[[:cntrl:]]' \
  "$MPLAY_SAVE/names" >&2
then
  echo 'these names in it are not unpacked: see the lines above' >&2
  exit 1
fi
cd -- {dest} || exit
: >"$MPLAY_SAVE/new"
: >"$MPLAY_SAVE/old"
while IFS= read -r name; do
  path=./${name%/}
  case $name in
    */) [ ! -e "$path" ] && [ ! -L "$path" ] || { [ -d "$path" ] && [ ! -L "$path" ]; } ||
      { printf '%s is no directory here, and one in the archive\n' "$name" >&2; exit 1; } ;;
    *) [ ! -d "$path" ] || [ -L "$path" ] ||
      { printf '%s is a directory here, and none in the archive\n' "$name" >&2; exit 1; } ;;
  esac
  if [ -e "$path" ] || [ -L "$path" ]; then
    printf '%s\0' "$path" >>"$MPLAY_SAVE/old"
  else
    printf '%s\n' "$path" >>"$MPLAY_SAVE/new"
  fi
done <"$MPLAY_SAVE/names"
tar --xattrs --xattrs-include='*' --acls --no-recursion --null -T "$MPLAY_SAVE/old" \
  -cf "$MPLAY_SAVE/old.tar"
: >"$MPLAY_SAVE"/saved"""

_EXTRACT = {
    "tar": 'tar --no-same-owner --no-overwrite-dir -xf "$archive"',
    "zip": 'unzip -qqo "$archive"',
}

_OWNED = r"""sed 's,^,./,' "$MPLAY_SAVE/names" | tr '\n' '\0' | xargs -0r chown -h -- {account}"""

# `rm -d` takes a directory only if it is empty: what somebody else has put there stays.
_RESTORE = r"""if [ -e "$MPLAY_SAVE/saved" ] && [ -d {dest} ]; then
  cd -- {dest} || exit
  LC_ALL=C sort -r "$MPLAY_SAVE/new" | tr '\n' '\0' |
    { xargs -0r rm -fd -- 2>"$MPLAY_SAVE/kept" || cat "$MPLAY_SAVE/kept"; }
  tar --xattrs --xattrs-include='*' --acls --numeric-owner --same-owner -pxf "$MPLAY_SAVE/old.tar"
  sync -f .
fi"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacking:
    """What is to be unpacked where; `archive` is shell that sets ``$archive``."""

    archive: Script
    form: Form
    dest: str
    account: str = ""

    def save(self) -> Script:
        """What is there under the names of the archive, and which names are new."""
        return lines(self.archive, _LISTED[self.form], _NAMES, sh(_SAVE, dest=self.dest))

    def apply(self) -> Script:
        """All of it, over what is there; directories that are there keep their attributes."""
        return lines(
            self.archive,
            sh("cd -- {dest} || exit", dest=self.dest),
            _EXTRACT[self.form],
            sh(_OWNED, account=self.account) if self.account else "",
            "sync -f .",
        )

    def restore(self) -> Script:
        """New names away, old ones as they were."""
        return sh(_RESTORE, dest=self.dest)
