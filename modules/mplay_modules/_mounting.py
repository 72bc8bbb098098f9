"""Mounting and unmounting as changes: what is on a path now, and how it comes back."""

from __future__ import annotations

from dataclasses import dataclass

from mplay.sdk import CannotPlan, Change, Diff, Facts, Script, lines, sh
from mplay_modules._place import fact, parent, shown

MEMORY = frozenset({"tmpfs", "ramfs"})
"""File systems whose content is gone with them."""

# `same`: what is there is what is wanted; a bind is known by the directory itself. `flags`: what is
# forbidden is forbidden now.
_LIVE = r"""k={key} src={src} type={type} options={options}
if [ "$(id -u)" = 0 ]; then fact task:root yes; else fact task:root no; fi
live() { findmnt -n -o "$1" --mountpoint {path} | tail -n 1; }
bound() { [ "$(stat -Lc %d:%i -- "$src")" = "$(stat -Lc %d:%i -- {path})" ]; }
alike() {
  case $src in
  *=*) src=$(findfs "$src" 2>/dev/null) || return 1 ;;
  /*) src=$(readlink -m -- "$src") ;;
  esac
  case ,$options, in *,bind,* | *,rbind,*) bound; return ;; esac
  now=$1
  case $now in /*) now=$(readlink -m -- "$now") ;; esac
  case $type in auto | "$2") [ "$now" = "$src" ] ;; *) return 1 ;; esac
}
what='absent'
if [ -d {path} ]; then what='directory'; elif [ -e {path} ] || [ -L {path} ]; then what='other'; fi
fact {kind} "$what"
if [ ! -d {above} ]; then fact {above_kind} absent; fi
if ! command -v findmnt >/dev/null; then fact "$k:tools" no
elif source=$(live SOURCE) && [ -n "$source" ]; then
  fs=$(live FSTYPE)
  fact "$k:mounted" yes
  fact "$k:source" "$source"
  fact "$k:fstype" "$fs"
  now=$(live OPTIONS) flags='yes'
  fact "$k:options" "$now"
  for flag in ro nosuid nodev noexec noatime; do
    case ,$options, in *",$flag,"*) ;; *) continue ;; esac
    case ,$now, in *",$flag,"*) ;; *) flags='no' ;; esac
  done
  fact "$k:flags" "$flags"
  if alike "$source" "$fs" 2>/dev/null; then fact "$k:same" yes; else fact "$k:same" no; fi
  case $fs in tmpfs | ramfs) fact "$k:entries" "$(find {path} -xdev -mindepth 1 | wc -l)" ;; esac
else
  fact "$k:mounted" no
fi"""

_MAKE = """if [ ! -d {path} ]; then
  mkdir -m 0755 -- {path}
  sync -- {above}
fi"""
_UNMAKE = """if [ -d {path} ]; then
  rmdir --ignore-fail-on-non-empty -- {path}
  sync -- {above}
fi"""
_MOUNT = "mount -t {type} -o {options} -- {source} {path}"
_AGAIN = "mount -o {options} -- {source} {path}"
_UNMOUNT = "umount -- {path}"
_OFF = "if mountpoint -q -- {path}; then umount -- {path}; fi"
_BACK = r"""was() {
  [ "$(findmnt -n -o "$1" --mountpoint {path} | tail -n 1)" = "$2" ]
}
if ! was SOURCE {live} || ! was FSTYPE {type}; then
  if mountpoint -q -- {path}; then umount -- {path}; fi
  mount -t {type} -o {options} -- {source} {path}
fi"""
_REMOVE = r"""if [ -d {path} ]; then
  stat -c '%a %u:%g' -- {path} >"$MPLAY_SAVE/point"
  sync -- "$MPLAY_SAVE/point"
  rmdir --ignore-fail-on-non-empty -- {path}
  sync -- {above}
fi"""
_POINT_BACK = r"""if [ -s "$MPLAY_SAVE/point" ] && [ ! -d {path} ]; then
  read -r mode account <"$MPLAY_SAVE/point"
  mkdir -- {path}
  chown -- "$account" {path}
  chmod -- "$mode" {path}
  sync -- {above}
fi"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be mounted; `options` as /etc/fstab has them."""

    source: str = ""
    kind: str = ""
    options: str = "defaults"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mounting:
    """One path, what is wanted there, and what /etc/fstab says about it before (or None)."""

    path: str
    wanted: Wanted
    entry: Wanted | None = None

    def probe(self) -> Script:
        """What is mounted there now."""
        return sh(
            _LIVE,
            path=self.path,
            above=parent(self.path),
            key=self.key("").removesuffix(":"),
            kind=fact(self.path, "kind"),
            above_kind=fact(parent(self.path), "kind"),
            src=self.wanted.source,
            type=self.wanted.kind,
            options=self.wanted.options,
        )

    def mounted(self, seen: Facts) -> Change | None:
        """It is mounted, or mounted again where something else is or its options change."""
        if seen.get(self.key("mounted")) != "yes":
            return self._mount(seen)
        if seen.get(self.key("same")) == "no":
            return self._exchange(seen)
        written = self.entry.options if self.entry else self.wanted.options
        if written != self.wanted.options or seen.get(self.key("flags")) == "no":
            return self._remount(seen)
        return None

    def unmounted(self, seen: Facts) -> Change | None:
        """Nothing is mounted there."""
        if seen.get(self.key("mounted")) != "yes":
            return None
        self._require(seen)
        self._require_nothing_lost(seen)
        return Change(
            summary=f"unmount {shown(self.path)}",
            apply=sh(_UNMOUNT, path=self.path),
            restore=self._back(seen),
            expect={self.key("mounted"): "no"},
            restored=self._before(seen),
            diff=self._diff(seen, ""),
        )

    def removed(self, seen: Facts) -> Change | None:
        """Unmounted, and its directory removed where nothing is in it."""
        change = self.unmounted(seen)
        if change is None:
            return None
        names = {"path": self.path, "above": parent(self.path)}
        return Change(
            summary=change.summary,
            apply=lines(change.apply, sh(_REMOVE, **names)),
            restore=lines(sh(_POINT_BACK, **names), change.restore or ""),
            expect=change.expect,
            restored=change.restored,
            diff=change.diff,
        )

    def key(self, of: str) -> str:
        """The key of a fact about this path."""
        return ":".join(("mount", self.path, of))

    def _mount(self, seen: Facts) -> Change:
        self._require(seen)
        names = {"path": self.path, "above": parent(self.path)}
        kind = seen.get(fact(self.path, "kind"))
        if kind == "other":
            raise CannotPlan(f"{shown(self.path)} is no directory; name another path")
        if kind == "absent" and seen.get(fact(parent(self.path), "kind")) == "absent":
            raise CannotPlan(
                f"there is no {shown(parent(self.path))}: make it in a step before:"
                f" file: {{path: {shown(parent(self.path))}, state: directory}}"
            )
        made = {fact(self.path, "kind"): "absent"} if kind == "absent" else {}
        return Change(
            summary=f"mount {shown(self.wanted.source)} on {shown(self.path)}",
            apply=lines(sh(_MAKE, **names) if made else "", self._command(self.wanted)),
            restore=lines(sh(_OFF, path=self.path), sh(_UNMAKE, **names) if made else ""),
            expect=self._mounted(),
            restored={self.key("mounted"): "no", **made},
            diff=self._diff(seen, self._line(self.wanted)),
        )

    def _exchange(self, seen: Facts) -> Change:
        self._require(seen)
        self._require_nothing_lost(seen)
        return Change(
            summary=f"mount {shown(self.wanted.source)} on {shown(self.path)}"
            f" in place of {shown(seen.get(self.key('source'), '?'))}",
            apply=lines(sh(_UNMOUNT, path=self.path), self._command(self.wanted)),
            restore=self._back(seen),
            expect=self._mounted(),
            restored=self._before(seen),
            diff=self._diff(seen, self._line(self.wanted)),
        )

    def _remount(self, seen: Facts) -> Change:
        self._require(seen)
        bind = {"bind", "rbind"} & set(self.wanted.options.split(","))
        prefix = "remount,bind" if bind else "remount"
        old = seen.get(self.key("options"), "defaults")
        source = seen.get(self.key("source"), "")
        # With the source given, mount(8) adds no options of what is mounted or written.
        names = {"source": self.wanted.source if "[" in source else source, "path": self.path}
        return Change(
            summary=f"mount {shown(self.path)} again with {self.wanted.options}",
            apply=sh(_AGAIN, options=f"{prefix},{self.wanted.options}", **names),
            restore=sh(_AGAIN, options=f"{prefix},{old}", **names),
            expect=self._mounted(),
            restored=self._before(seen),
        )

    def _mounted(self) -> dict[str, str]:
        return {
            self.key("mounted"): "yes",
            self.key("same"): "yes",
            self.key("flags"): "yes",
            fact(self.path, "kind"): "directory",
        }

    def _before(self, seen: Facts) -> dict[str, str]:
        names = ("mounted", "source", "fstype", "options")
        return {k: seen[k] for name in names if (k := self.key(name)) in seen}

    def _require(self, seen: Facts) -> None:
        if seen.get(self.key("tools")) == "no":
            raise CannotPlan("this host has no findmnt: install the package util-linux")
        if seen.get("task:root") == "no":
            raise CannotPlan("only root may mount: give the step become: true")

    def _require_nothing_lost(self, seen: Facts) -> None:
        entries = seen.get(self.key("entries"), "0")
        if seen.get(self.key("fstype")) in MEMORY and entries != "0":
            raise CannotPlan(
                f"{shown(self.path)} is in memory only and holds {entries} entries, which could not"
                " be brought back: empty it in a step before"
            )

    def _back(self, seen: Facts) -> Script:
        """What was there is mounted again: from its entry, else as it was."""
        live, kind = seen.get(self.key("source"), ""), seen.get(self.key("fstype"), "")
        source, options = live, seen.get(self.key("options"), "defaults")
        if "[" in live:
            if self.entry is None:
                raise CannotPlan(
                    f"{shown(self.path)} shows a part of {shown(live)}, and no entry of /etc/fstab"
                    " says how it came there: unmount it with shell and undo"
                )
            source, options = self.entry.source, self.entry.options
            return lines(
                sh(_BACK, path=self.path, live=live, type=kind, source=source, options=options)
            )
        return sh(_BACK, path=self.path, live=live, type=kind, source=source, options=options)

    def _command(self, what: Wanted) -> Script:
        return sh(_MOUNT, type=what.kind, options=what.options, source=what.source, path=self.path)

    def _line(self, what: Wanted) -> str:
        return f"{what.source} {what.kind} {what.options}\n"

    def _diff(self, seen: Facts, after: str) -> tuple[Diff, ...]:
        names = ("source", "fstype", "options")
        now = " ".join(seen.get(self.key(name), "") for name in names).strip()
        before = f"{now}\n" if now else ""
        return (Diff(title=f"{shown(self.path)} (mounted)", before=before, after=after),)
