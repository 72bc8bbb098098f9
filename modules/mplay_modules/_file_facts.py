"""What there is at a path: the probe that looks, in few processes, and what it saw."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from mplay.sdk import CannotPlan, CannotTell, Facts, Script, lines, sh
from mplay_modules._place import ancestors, fact, key, parent, shown

TEXT_LIMIT = 64 * 1024
"""Content up to this many bytes is shown in a diff, if everybody may read it."""

ANY = 1 << 62
NONE = -1
"""For `look`: files of any size are read, or none."""

ATTRIBUTES = ("mode", "owner", "group", "uid", "gid")

# Where to look: the path, its key, the directory above and its key; all directories as "$@".
_AT = r"""p={path} k={key} dir={parent} dir_key={parent_key}
set -- {above}"""

_THERE = r"""k=$(fact "file:$p" '')
k=${k%?} dir=${p%/*}
dir_key=$(fact "file:${dir:-/}:kind" '')
dir_key=${dir_key%?}
set --
up=$dir
while [ -n "$up" ]; do
  set -- "$up" "$@"
  up=${up%/*}
done
set -- / "$@"
"""

_KIND = r"""if [ -L "$p" ]; then kind='link'
elif [ -f "$p" ]; then kind='file'
elif [ -d "$p" ]; then kind='directory'
elif [ -e "$p" ]; then kind='special'
else kind='absent'
fi"""

# One `stat` looks at this process, at every directory above, and at the path: the first says who
# would own a new file, the second whether everybody may get there. What is not there is no line.
_STAT = r"""up='' hidden='' above=$#
{
  IFS=: read -r _ my_uid my_gid _ my_owner my_group
  while [ "$above" -gt 0 ] && IFS=: read -r up _ up_gid _ _ up_group; do
    case $up in *[1357]) ;; *) hidden=yes ;; esac
    above=$((above - 1))
  done
  case $up in [2367]???) my_gid=$up_gid my_group=$up_group ;; esac
  IFS=: read -r mode uid gid size owner group
} <<END
$(LC_ALL=C stat -Lc '%04a:%u:%g:%s:%U:%G' -- /proc/self "$@" "$p" 2>/dev/null)
END"""

_ABSENT = r"""absent() {
  up='absent'
  if [ -d "$dir" ]; then up='directory'
  elif [ -e "$dir" ] || [ -L "$dir" ]; then up='other'
  fi
  printf '%s\t%s\n' "$k:kind" absent "$k:new-owner" "$my_owner" "$k:new-group" "$my_group" \
    "$dir_key" "$up"
  [ -z "$hidden" ] || printf '%s\tyes\n' "$k:hidden"
}"""

_LINK = r"""link() {
  target=$(readlink -n -- "$p"; echo .)
  printf '%s\t%s\n' "$k:kind" link "$k:new-owner" "$my_owner" "$k:new-group" "$my_group"
  fact "file:$p:target" "${target%.}"
}"""

_ATTRIBUTES = r"""attributes() {
  printf '%s\t%s\n' "$k:kind" "$kind" "$k:mode" "$mode" "$k:owner" "$owner" "$k:group" "$group" \
    "$k:uid" "$uid" "$k:gid" "$gid"
  [ "$uid:$gid" = "$my_uid:$my_gid" ] ||
    printf '%s\t%s\n' "$k:new-owner" "$my_owner" "$k:new-group" "$my_group"
  [ -z "$hidden" ] || printf '%s\tyes\n' "$k:hidden"
}"""

_CONTENT = r"""content() {
  [ "$size" -le {largest} ] || return 0
  sum=$(sha256sum <"$p") || exit
  sum=${sum%% *}
  printf '%s\t%s\n' "$k:size" "$size" "$k:sha256" "$sum"
  if [ "$sum" = {wanted} ] || [ -n "$hidden" ] || [ "$size" -gt {limit} ]; then return; fi
  case $mode in *[4567]) ;; *) return ;; esac
  printf '%s\t\\x' "$k:text"
  basenc --base16 -w0 <"$p" 2>/dev/null || od -An -v -tx1 <"$p" | tr -d ' \n'
  echo
}"""

_REPORT = r"""case $kind in
absent) absent ;;
link) link ;;
file) attributes; content ;;
*) attributes ;;
esac"""


def look(path: str, *, wanted: str = "", largest: int = ANY, text: bool = True) -> Script:
    """A probe of one path.

    `wanted` is the digest of the content that needs no diff. A file of more than `largest` bytes is
    not read, and without `text` none is shown.
    """
    return lines(
        sh(
            _AT,
            path=path,
            key=key(path),
            parent=parent(path),
            parent_key=key(parent(path), "kind"),
            above=ancestors(path),
        ),
        _looked(wanted, largest, text=text),
    )


def look_there() -> Script:
    """A probe of the path that shell holds in ``$p``: one that only the host knows."""
    return lines(_THERE, _looked("", ANY, text=True))


def _looked(wanted: str, largest: int, *, text: bool) -> Script:
    return lines(
        _KIND,
        _STAT,
        _ABSENT,
        _LINK,
        _ATTRIBUTES,
        sh(_CONTENT, largest=largest, wanted=wanted, limit=TEXT_LIMIT if text else NONE),
        _REPORT,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What there is at a path; '' for what does not apply or is not known.

    `kind` is absent, file, directory, link or special. `new_owner` and `new_group` are who would
    own a file that this task creates there. `above` is the kind of the parent of what is absent.
    `hidden`: not everybody may get there. `size` is in bytes. `text` is the content where everybody
    may read it and it is small, else None.
    """

    path: str
    kind: str
    mode: str
    owner: str
    group: str
    uid: str
    gid: str
    sha256: str
    target: str
    new_owner: str
    new_group: str
    above: str
    hidden: bool
    size: int
    text: str | None

    @classmethod
    def of(cls, path: str, facts: Facts) -> Seen:
        """What facts say of a path. CannotTell, in a dry-run, where what holds it would go."""
        _require_above(path, facts)

        def get(name: str) -> str:
            return facts.get(fact(path, name), "")

        return cls(
            path=path,
            kind=get("kind"),
            mode=get("mode"),
            owner=get("owner"),
            group=get("group"),
            uid=get("uid"),
            gid=get("gid"),
            sha256=get("sha256"),
            target=get("target"),
            new_owner=get("new-owner") or get("owner"),
            new_group=get("new-group") or get("group"),
            above=facts.get(fact(parent(path), "kind"), ""),
            hidden=get("hidden") == "yes",
            size=int(get("size") or 0),
            text=text_of(facts.get(fact(path, "text")), get("sha256")),
        )

    @property
    def has_attributes(self) -> bool:
        """Whether there is something whose mode and owner count; those of a link do not."""
        return self.kind in {"file", "directory", "special"}

    @property
    def account(self) -> str:
        """Owner and group as chown takes them; numbers where they are known."""
        return f"{self.uid or self.owner}:{self.gid or self.group}"

    def facts(self, *, content: bool = True) -> dict[str, str]:
        """The facts that make out what is there: what must be seen again after an undo."""
        names = {
            "absent": ("kind",),
            "link": ("kind", "target"),
            "file": ("kind", *ATTRIBUTES, "sha256") if content else ("kind", *ATTRIBUTES),
        }.get(self.kind, ("kind", *ATTRIBUTES))
        return {fact(self.path, name): value for name in names if (value := getattr(self, name))}


def _require_above(path: str, facts: Facts) -> None:
    """What exists has its directories, unless an earlier step of a dry-run would remove them."""
    if facts.get(fact(path, "kind"), "absent") == "absent":
        return
    for place in ancestors(path):
        if facts.get(fact(place, "kind")) == "absent":
            raise CannotTell(f"an earlier step would remove {shown(place)}")


def text_of(text: str | None, sha256: str) -> str | None:
    """The text if it is what the digest says: in a dry-run the digest may be a predicted one."""
    if text is None:
        return None
    raw = text.encode("utf-8", "surrogateescape")
    if hashlib.sha256(raw).hexdigest() != sha256 or "\0" in text:
        return None
    return text if raw.decode("utf-8", "ignore").encode() == raw else None


def require_place(before: Seen) -> None:
    """Refuse where no file can be put. CannotPlan."""
    path, above = shown(before.path), shown(parent(before.path))
    if before.kind == "directory":
        raise CannotPlan(f"{path} is a directory; to put the file into it write dest: {path}/")
    if before.kind == "special":
        raise CannotPlan(f"{path} is a device, fifo or socket; name another path")
    if before.kind == "absent" and before.above == "absent":
        raise CannotPlan(
            f"the directory {above} does not exist; create it in a step before:"
            f" file: {{path: {above}, state: directory}}"
        )
    if before.kind == "absent" and before.above == "other":
        raise CannotPlan(f"{above} is not a directory; name another path")
