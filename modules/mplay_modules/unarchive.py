"""Unpack an archive on the host."""

from __future__ import annotations

import hashlib
import posixpath
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator

from mplay.sdk import (
    Archive,
    CannotPlan,
    CannotTell,
    Change,
    Content,
    Diff,
    Facts,
    LocalArchive,
    Script,
    State,
    lines,
    sh,
    unless,
)
from mplay_modules._attributes import NOT_HERE, Account
from mplay_modules._command import ask_path, path_fact
from mplay_modules._file_facts import look
from mplay_modules._place import Place, fact, shown
from mplay_modules._programs import ask_program, require_program
from mplay_modules._unpacking import Form, Unpacking

_LATER = "leave it out, and set it in a step after: file: {recurse: true}"
_PACK = "leave it out, and pack what is wanted"
_ENDS: dict[str, tuple[Form, str]] = {
    ".zip": ("zip", ""),
    ".jar": ("zip", ""),
    ".war": ("zip", ""),
    ".tar": ("tar", ""),
    ".tar.gz": ("tar", "gzip"),
    ".tgz": ("tar", "gzip"),
    ".tar.bz2": ("tar", "bzip2"),
    ".tar.xz": ("tar", "xz"),
    ".txz": ("tar", "xz"),
    ".tar.zst": ("tar", "zstd"),
}
_PACKAGES = {"xz": "xz-utils"}
_COMPARABLE = 256_000
"""Characters of the list of entries with their sums: it goes with each probe, and into journals."""

# Which entries are not as in the archive; what it holds is known, a line each: kind, sum or target,
# name. Files are compared by one process. Then which of them are in its way: wrong kinds of things.
_COMPARED = r"""known=yes tab=$(printf '\t')
table={table}
way=$(printf %s "$table" | while IFS=$tab read -r kind _ name; do
  path={dest}/$name
  case $kind in
    directory) [ -d "$path" ] && [ ! -L "$path" ] || [ ! -e "$path" ] && [ ! -L "$path" ] ;;
    *) [ ! -d "$path" ] || [ -L "$path" ] ;;
  esac || printf '%s\n' "$name"
done)
unlike=$({
  printf %s "$table" | while IFS=$tab read -r kind about name; do
    path={dest}/$name
    case $kind in
      directory) [ -d "$path" ] && [ ! -L "$path" ] ;;
      link) [ -L "$path" ] && [ "$(readlink -n -- "$path")" = "$about" ] ;;
      *) [ -f "$path" ] && [ ! -L "$path" ] ;;
    esac || printf '%s\n' "$name"
  done
  if cd -- {dest} 2>/dev/null; then
    printf %s "$table" | sed -n "s/^file$tab\([0-9a-f]*\)$tab/\1  /p" |
      LC_ALL=C sha256sum -c --quiet 2>/dev/null |
      sed -n 's/: FAILED\( open or read\)\{0,1\}$//p'
  fi
} | LC_ALL=C sort -u)
"""

# The same where only the host knows what it holds. tar tells too how attributes and times differ.
_TAR = r"""compare() {
  rc=0
  said=$(LC_ALL=C tar -df {src} -C {dest} 2>&1) || rc=$?
  if [ "$rc" -gt 1 ]; then
    printf '%s\n' "$said" | tail -n 5 >&2
    exit 1
  fi
  printf '%s\n' "$said" | sed -n \
    -e '/: \(Mode\|Uid\|Gid\|Mod time\) differs$/d' \
    -e 's/^tar: \(.*\): Warning: Cannot .*$/\1/p' \
    -e 's/^\(.*\): [A-Za-z ]* differs$/\1/p' | sed 's,^\./,,'
}
everything() { tar -tf {src}; }"""

_ZIP = r"""here() { if [ -L "$path" ]; then readlink -n -- "$path"; else cat -- "$path"; fi; }
compare() {
  everything | while IFS= read -r name; do
    path={dest}/$name
    case $name in
      '' | */) [ -d "$path" ] ;;
      *) pattern=$(printf %s "$name" | sed 's/[[*?]/[&]/g')
        { [ -f "$path" ] || [ -L "$path" ]; } &&
          [ "$(unzip -p {src} "$pattern" | sha256sum)" = "$(here | sha256sum)" ] ;;
    esac || printf '%s\n' "$name"
  done
}
everything() { unzip -Z1 {src} || [ $? = 11 ]; }"""

# Without the archive, or what reads it, nobody knows.
_OF_HOST = r"""known='' unlike='' way=''
if [ -f {src} ]; then known=yes; fi
for tool in {tools}; do
  command -v "$tool" >/dev/null || known=''
done
if [ -n "$known" ]; then
  if [ -d {dest} ]; then unlike=$(compare) || exit 1
  else unlike=$(everything) || exit 1
  fi
  unlike=$(printf '%s\n' "$unlike" | LC_ALL=C sort -u)
fi"""

_TOLD = r"""short() {
  if [ "${#1}" -le 30000 ]; then printf %s "$1"; return; fi
  printf '%s entries, sha256 ' "$(printf '%s\n' "$1" | wc -l)"
  printf %s "$1" | sha256sum | cut -c 1-64
}
if [ -n "$known" ]; then
  fact {way} "$(short "$way")"
  fact {unlike} "$(short "$unlike")"
fi"""


def _no_url(given: object) -> object:
    if isinstance(given, str) and "://" in given:
        raise ValueError("must be a file; download it in a step before, with get_url")
    return given


class Unarchive(State):
    """The entries of an archive, as they are in it, in a directory of the host.

    ::

        - id: site
          unarchive: {src: site-1.8.tar.gz, dest: /srv/site}

    An archive of the controller is read there, so that a dry-run names the entries that are missing
    or differ; only where some do is it sent and unpacked, with the host's ``tar`` or ``unzip``.
    With `remote_src` it is a file of the host, and the host compares. Content counts, and where
    links lead; modes and times do not. With `creates` that path alone decides. What else is in the
    directory stays. The way back takes new entries away, and brings replaced ones back with mode,
    owner and extended attributes.
    """

    TIMEOUT: ClassVar[float] = 3600.0
    REFUSED: ClassVar = NOT_HERE | {
        "mode": _LATER,
        "copy": "write remote_src: true in place of copy: false",
        "exclude": _PACK,
        "include": _PACK,
        "extra_opts": "leave it out; for options of tar use shell with creates and undo",
        "keep_newer": "leave it out: entries are compared by content, not by time",
        "list_files": "leave it out: the entries that are unpacked are facts and diff of the step",
        "decrypt": "leave it out; secrets do not belong into an archive",
        "io_buffer_size": "leave it out: an archive is sent in parts of a fixed size",
        "validate_certs": "download it in a step before, with get_url",
    }

    src: Annotated[LocalArchive | Place, BeforeValidator(_no_url)] = Field(
        json_schema_extra=unless("remote_src")
    )
    """A tar file (plain, or packed by gzip, bzip2 or xz) or a zip file: of the controller, searched
    under ``files/``, or with `remote_src` of the host, by an absolute path."""
    dest: Place
    """The directory, which must be there."""
    remote_src: bool = False
    """Whether `src` is a file of the host."""
    creates: str = ""
    """A path or glob: where it exists, nothing is unpacked; afterwards it must exist."""
    owner: Account | None = None
    """Whom the entries are to belong to when they are unpacked; by default who unpacks them."""
    group: Account | None = None
    """The same for their group."""

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        if isinstance(self.src, str):
            if self._end not in _ENDS:
                raise ValueError(
                    "'src' does not say what it is: its name must end with " + " ".join(_ENDS)
                )
        elif not self.creates and len(self._table()) > _COMPARABLE:
            raise ValueError("'src' holds more names than can be compared; give `creates`")
        return self

    def probe(self) -> Script:
        """The directory, the tools, and what is not as in the archive."""
        compared = lines(
            self._compared(),
            sh(_TOLD, way=self._key("in-the-way"), unlike=self._key("unlike")),
        )
        return lines(
            look(self.src, text=False) if isinstance(self.src, str) else "",
            self._ask_dest(),
            *(ask_program(tool) for tool in self._tools()),
            ask_path(self.creates) if self.creates else compared,
        )

    def plan(self, seen: Facts) -> Change | None:
        """Unpacked where something is missing or differs, or where `creates` is not there."""
        unlike = seen.get(self._key("unlike"))
        if self.creates and path_fact(seen, self.creates) == "yes":
            return None
        if not self.creates and unlike == "":
            return None
        self._require(seen)
        if not self.creates and unlike is None:
            raise CannotTell("what is in " + self._name + " is not known before it is there")
        goal = {"path:" + self.creates: "yes"} if self.creates else {self._key("unlike"): ""}
        work = Unpacking(
            archive=self._archive(seen), form=self._form, dest=self.dest, account=self._account()
        )
        return Change(
            summary="unpack " + self._name + " into " + shown(self.dest) + _count(unlike),
            save=work.save(),
            apply=work.apply(),
            restore=work.restore(),
            expect=goal,
            restored={name: seen[name] for name in goal if name in seen},
            diff=(Diff(title=shown(self.dest), before="", after=unlike + "\n"),) if unlike else (),
            blobs=() if isinstance(self.src, str) else (self.src.blob,),
        )

    @property
    def _name(self) -> str:
        return self.src if isinstance(self.src, str) else self.src.name

    @property
    def _end(self) -> str:
        """The longest known end of the name."""
        name = posixpath.basename(self._name).lower()
        return max((end for end in _ENDS if name.endswith(end)), key=len, default="")

    @property
    def _held(self) -> Archive:
        held = self.src.archive if isinstance(self.src, Content) else None
        return held or Archive(form="tar")

    @property
    def _form(self) -> Form:
        return _ENDS[self._end][0] if isinstance(self.src, str) else self._held.form

    def _ask_dest(self) -> Script:
        asked = _ask_directory(self.dest)
        if isinstance(self.src, str) and posixpath.dirname(self.src) == self.dest:
            # Of what is absent `look` has told already whether its directory is there.
            return lines('if [ "$kind" != absent ]; then', asked, "fi")
        return asked

    def _tools(self) -> list[str]:
        packer = _ENDS[self._end][1] if isinstance(self.src, str) else self._held.packer
        return ["tar", *(["unzip"] if self._form == "zip" else []), *([packer] if packer else [])]

    def _require(self, seen: Facts) -> None:
        for tool in self._tools():
            require_program(tool, seen, package=_PACKAGES.get(tool, tool))
        kind = seen.get(fact(self.dest, "kind"), "")
        if kind != "directory":
            raise CannotPlan(
                shown(self.dest) + " is no directory; create it in a step before:"
                " file: {path: " + shown(self.dest) + ", state: directory}"
            )
        if isinstance(self.src, str) and seen.get(fact(self.src, "kind")) != "file":
            raise CannotPlan("there is no file " + shown(self.src) + " on it")
        if way := seen.get(self._key("in-the-way")):
            raise CannotPlan(
                "in "
                + shown(self.dest)
                + " something else than in the archive is in the way of "
                + ", ".join(way.splitlines()[:5])
            )

    def _key(self, name: str) -> str:
        """Facts about this archive in this directory."""
        source = self.src if isinstance(self.src, str) else self.src.blob.sha256
        return "unpacked:" + self.dest + ":" + _short(source) + ":" + name

    def _table(self) -> str:
        return "".join(
            "\t".join((one.kind, one.sha256 or one.target or "-", one.name)) + "\n"
            for one in self._held.members
        )

    def _compared(self) -> Script:
        if not isinstance(self.src, str):
            return sh(_COMPARED, table=self._table(), dest=self.dest)
        tar = self._form == "tar"
        return lines(
            sh(_TAR if tar else _ZIP, src=self.src, dest=self.dest),
            sh(_OF_HOST, src=self.src, dest=self.dest, tools=self._tools()),
        )

    def _archive(self, seen: Facts) -> Script:
        if not isinstance(self.src, str):
            return sh('archive="$MPLAY_BLOBS"/{sum}', sum=self.src.blob.sha256)
        return sh(_SAME, src=self.src, line=seen.get(fact(self.src, "sha256"), "") + "  -")

    def _account(self) -> str:
        return (self.owner or "") + (":" + self.group if self.group else "")


_SAME = r"""archive={src}
if [ "$(sha256sum <"$archive")" != {line} ]; then
  echo "$archive has changed since it was looked at" >&2
  exit 1
fi"""

_DIRECTORY = r"""if [ -d {path} ]; then fact {key} directory
elif [ -e {path} ] || [ -L {path} ]; then fact {key} other
else fact {key} absent
fi"""


def _ask_directory(path: str) -> Script:
    """Whether it leads to one: a link will do."""
    return sh(_DIRECTORY, path=path, key=fact(path, "kind"))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _count(unlike: str | None) -> str:
    if not unlike:
        return ""
    count, _, more = unlike.partition(" entries, sha256 ")
    how_many = count if more else str(len(unlike.splitlines()))
    return ": " + how_many + " entries are missing or differ"
