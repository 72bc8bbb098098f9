"""Keep a package repository in apt's sources."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, AliasChoices, Field

from mplay.sdk import CannotPlan, Change, Facts, Script, State, lines, sh
from mplay_modules._apt_shell import ASK_LISTS, UPDATE
from mplay_modules._edited_file import edit_name
from mplay_modules._joined import joined
from mplay_modules._mode import Mode, is_symbolic
from mplay_modules._place import fact, shown
from mplay_modules._record_edit import RecordEdit
from mplay_modules._record_file import RecordFile

PARTS = "/etc/apt/sources.list.d"
FRESH = 60
"""Seconds within which package lists count as just refreshed, as in `apt`."""

_LINE = re.compile(r"deb(?:-src)?\s+(?:\[(?P<options>[^\]\s][^\]]*)\]\s+)?(?P<uri>\S+)\s+\S+.*\Z")
_PPA = "names of PPAs are not looked up: write the whole line, with signed-by"


def _source(given: str) -> str:
    words = " ".join(given.split())
    if words.startswith("ppa:"):
        raise ValueError(_PPA)
    found = _LINE.match(words)
    if found is None or not re.match(r"[a-z+-]+:", found["uri"]):
        raise ValueError(
            f"{words!r} is no source, such as"
            " 'deb [signed-by=/etc/apt/keyrings/shop.asc] https://apt.example stable main'"
        )
    if re.match(r"[a-z+-]+://[^/]*@", found["uri"]):
        raise ValueError(
            "a source that everybody reads must hold no password: put it into"
            " /etc/apt/auth.conf.d with template"
        )
    return words


def _octal(mode: str) -> str:
    if is_symbolic(mode):
        raise ValueError("must be a mode in octal, in quotes: '0644'")
    return mode


Source = Annotated[str, AfterValidator(_source)]
"""One line of ``sources.list``, with one blank between its words."""


class AptRepository(State):
    """A line in apt's sources, and the lists of its packages; or no such line.

    ::

        - id: shop
          apt_repository:
            repo: deb [signed-by=/etc/apt/keyrings/shop.asc] https://apt.shop.example stable main
            filename: shop

    The key goes into a file before (`copy`, `get_url`), which `signed-by` names. A line that
    another file of the sources has is left there. Where the lists cannot be fetched, the step
    fails. The undo needs no network: lists of a source that goes are kept.
    """

    TIMEOUT: ClassVar[float] = 900.0
    REFUSED: ClassVar = {
        "codename": _PPA,
        "install_python_apt": "nothing is needed on the host; leave it out",
        "update_cache_retries": "use `retries` of the step",
        "update_cache_retry_max_delay": "use `delay` of the step",
        "validate_certs": "apt itself decides: Acquire::https::Verify-Peer",
    }

    repo: Source
    """The line: ``deb [OPTIONS] URI SUITE COMPONENT…``."""
    state: Literal["present", "absent"] = "present"
    """Whether it is to be there."""
    filename: Annotated[str, AfterValidator(posixpath.basename)] | None = None
    """The file in ``/etc/apt/sources.list.d``, without ``.list``; by default named by the URI."""
    mode: Annotated[Mode, AfterValidator(_octal)] = "0644"
    """The mode of a new file."""
    update_cache: bool = Field(True, validation_alias=AliasChoices("update_cache", "update-cache"))
    """Fetch the lists."""

    def probe(self) -> Script:
        """The file, the other files that have the line, and whether the lists are there."""
        return lines(
            self._file.probe(),
            sh(
                _PROBE,
                path=self.path,
                line=self._pattern,
                others=self._key("others"),
                fetched=self._key("fetched"),
            ),
            *(sh(_SIGNED, file=key, key=fact(key, "kind")) for key in self._keys),
            lines("if [ -d /var/lib/apt/lists ]; then", sh(ASK_LISTS, fresh=FRESH), "fi")
            if self.update_cache
            else "",
        )

    def plan(self, seen: Facts) -> Change | None:
        """Line and lists, or nothing."""
        others = seen.get(self._key("others"), "")
        if self.state == "present" and others:
            return None
        change = self._file.change(seen) if self._has_place(seen) else None
        if self.state == "absent" and others:
            raise CannotPlan(f"the line stands in {shown(others)}: name that file by 'filename'")
        if change is not None:
            verb = "add" if self.state == "present" else "remove"
            change = replace(change, summary=f"{verb} the source {self.repo}", confined=False)
        done = joined(change, self._fetch(seen, moved=change is not None))
        if done is not None:
            self._require(seen)
        return done

    @property
    def _keys(self) -> list[str]:
        """The files of keys that the line names."""
        found = _LINE.match(self.repo)
        options = (found["options"] if found else None) or ""
        return re.findall(r"(?<![\w-])signed-by=(/[^\s,]+)", options)

    def _has_place(self, seen: Facts) -> bool:
        if seen.get(fact(PARTS, "kind"), "directory") == "directory":
            return True
        if self.state == "absent":
            return False
        raise CannotPlan(f"there is no {PARTS}: only Debian and Ubuntu are supported")

    @property
    def path(self) -> str:
        """The file that is edited."""
        name = self.filename or self._suggested
        return posixpath.join(PARTS, name if name.endswith(".list") else f"{name}.list")

    @property
    def _suggested(self) -> str:
        """As Ansible names it: the words of the URI."""
        found = _LINE.match(self.repo)
        uri = re.sub(r"^\w+://", "", found["uri"] if found else "")
        return "_".join(re.sub(r"[^a-zA-Z0-9]", " ", uri).split())

    @property
    def _pattern(self) -> str:
        return r"\s+".join(re.escape(word) for word in self.repo.split())

    @property
    def _file(self) -> RecordFile:
        comment = r"#?\s*" if self.state == "present" else ""
        record = RecordEdit(
            key=rf"^\s*{comment}{self._pattern}\s*(#.*)?$",
            cut=r"\s#.*$",
            same=(self.repo,),
            line=self.repo if self.state == "present" else "",
        )
        asked = {"repo": self.repo, "state": self.state}
        name = edit_name("source", asked)
        return RecordFile(path=self.path, name=name, record=record, mode=self.mode)

    def _require(self, seen: Facts) -> None:
        if seen.get("task:root") == "no":
            raise CannotPlan("only root may change apt's sources: give the step become: true")
        if seen.get("apt:tool") == "no":
            raise CannotPlan("this host has no apt-get: only Debian and Ubuntu are supported")
        for path in self._keys if self.state == "present" else []:
            if seen.get(fact(path, "kind")) == "absent":
                raise CannotPlan(
                    f"there is no {shown(path)}, the key of the source: put it there in a step"
                    " before, with copy or get_url"
                )

    def _fetch(self, seen: Facts, *, moved: bool) -> Change | None:
        """The lists; once they are there, only where the line moves."""
        fetched = seen.get(self._key("fetched"))
        if not self.update_cache or not (moved or (self.state == "present" and fetched == "no")):
            return None
        present = {self._key("fetched"): "yes"} if self.state == "present" else {}
        return Change(
            summary="fetch the package lists",
            apply=lines("set -- -o APT::Get::List-Cleanup=0", UPDATE),
            restore="",
            expect={"apt:lists": "refreshed", **present},
            restored={},
        )

    def _key(self, of: str) -> str:
        return f"apt-source:{edit_name('line', {'repo': self.repo})}:{of}"


_PROBE = r"""if [ "$(id -u)" = 0 ]; then fact task:root yes; else fact task:root no; fi
found=''
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  if [ "$list" != {path} ] && [ -f "$list" ] &&
    LINE={line} perl -ne 'exit 3 if /^\s*$ENV{LINE}\s*(#.*)?$/' "$list"
  then :
  elif [ $? = 3 ]; then found=$list
  fi
done
fact {others} "$found"
fetched='no'
if ! command -v apt-get >/dev/null; then fact apt:tool no
elif [ -f {path} ]; then
  apt-get indextargets -o Dir::Etc::sourcelist={path} -o Dir::Etc::sourceparts=- \
    --format '$(CREATED_BY) $(FILENAME)' 2>/dev/null | {
    while read -r kind file; do
      case $kind in Packages | Sources) [ ! -e "$file" ] || exit 0 ;; esac
    done
    exit 1
  } && fetched='yes'
fi
fact {fetched} "$fetched"
"""

_SIGNED = "if [ -e {file} ]; then fact {key} file; else fact {key} absent; fi"
