"""A file of another host: what must be known of it, and its content as what is put into a file."""

from __future__ import annotations

from mplay.sdk import Blob, CannotPlan, CannotTell, Content, Elsewhere, Facts, sh
from mplay_modules._place import fact, key, shown

# A link counts as what it leads to. The names are those of other facts of files, so that a dry-run
# can lay over them what earlier steps would leave there.
_LOOK = r"""if [ -f {path} ]; then
  IFS=: read -r mode size <<END
$(stat -Lc '%04a:%s' -- {path})
END
  sum=$(sha256sum <{path}) || exit
  printf '%s\t%s\n' {kind_key} file {mode_key} "$mode" {size_key} "$size" {sum_key} "${sum%% *}"
elif [ -d {path} ]; then printf '%s\tdirectory\n' {kind_key}
elif [ -e {path} ]; then printf '%s\tspecial\n' {kind_key}
else printf '%s\tabsent\n' {kind_key}
fi"""


def looked_at(host: str, path: str) -> Elsewhere:
    """What must be asked of the host that has the file."""
    probe = sh(
        _LOOK,
        path=path,
        kind_key=key(path, "kind"),
        mode_key=key(path, "mode"),
        size_key=key(path, "size"),
        sum_key=key(path, "sha256"),
    )
    return Elsewhere(host=host, probe=probe)


def fact_there(host: str, path: str, name: str, seen: Facts) -> str:
    """A fact of the file, ``kind mode size sha256``; '' where it was not asked yet."""
    return seen.get(looked_at(host, path).key(fact(path, name)), "")


def content_there(host: str, path: str, seen: Facts) -> Content:
    """The file's content. CannotPlan where there is none; CannotTell before it has been made."""
    kind, sha256 = (fact_there(host, path, name, seen) for name in ("kind", "sha256"))
    where = shown(path) + " on " + host
    if kind == "absent":
        raise CannotPlan("there is no file " + where)
    if kind != "file":
        raise CannotPlan(where + " is a " + (kind or "thing that nobody has looked at"))
    if not sha256:
        raise CannotTell("an earlier step would make " + where)
    size = int(fact_there(host, path, "size", seen) or 0)
    return Content(name=path, blob=Blob(sha256=sha256, size=size, path=path, host=host))
