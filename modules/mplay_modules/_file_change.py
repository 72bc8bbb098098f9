"""Replacing a file at once, and bringing back what was there.

New content is written beside the file, synced, then renamed over it; what was there before is
copied to ``$MPLAY_SAVE`` first, which the supervisor syncs before it begins apply (one sync for it
and its own record). ``saved`` marks that copy as whole: it is created after the copy, so that a
`save` that was cut short is never restored from; and as after a power cut the mark may be there
and the content not, a file is restored only if the copy has the digest that was seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mplay.sdk import Change, Content, Diff, Script, lines, sh, text_diff
from mplay_modules._file_facts import Seen
from mplay_modules._mode import everybody_reads, made_by_umask, umask_for
from mplay_modules._place import fact, parent, shown, temporary

INLINE_LIMIT = 32 * 1024
"""Content up to this many bytes goes into the script: no file to send, no process to copy it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """New content in the place of what was seen.

    `wanted` are the facts of the path by name (``kind mode owner group sha256``), `account` what
    chown is told of the new file ('' nothing), `validator` words of which one holds ``%s``. The
    content is either `content`, or what `edit`, shell, makes of the old one (then `text` is what
    comes of it, where that is known), or what `made`, shell, prints; that is compared with the
    wanted digest before it is put in place.
    """

    before: Seen
    wanted: Mapping[str, str]
    account: str
    content: Content | None = None
    edit: Script = ""
    made: Script = ""
    text: str | None = None
    validator: tuple[str, ...] = ()

    def change(self) -> Change:
        """The change that does it, and undoes it."""
        path, mode = self.before.path, self.wanted["mode"]
        return Change(
            summary=_summary(self.before, self.wanted),
            save=keep(self.before),
            apply=lines(
                made_beside(path, self._written(), mode),
                adorned(path, account=self.account, mode=mode),
                validated(path, self.validator),
                put_in_place(path, fresh=self.before.kind == "absent"),
            ),
            restore=bring_back(self.before),
            expect=expected(path, self.wanted),
            restored=self.before.facts(),
            diff=(*self._diff(), *attribute_diff(self.before, self.wanted)),
            blobs=() if self._inline or not self.content else (self.content.blob,),
            needs_space=self.before.size,
            # A rename touches no other name of the old file.
            confined=True,
        )

    @property
    def _public(self) -> bool:
        return everybody_reads(self.wanted["mode"]) and not self.before.hidden

    @property
    def _inline(self) -> bool:
        """Whether the content goes as text of the script, which the journal keeps.

        What not everybody may read travels as a blob: of that the journal keeps the digest only.
        """
        if self.content is None or self.content.blob.size > INLINE_LIMIT:
            return False
        text = self.content.text
        return text is not None and "\0" not in text and self._public

    def _written(self) -> Script:
        path, new = self.before.path, temporary(self.before.path)
        if self.made:
            sha256 = self.wanted.get("sha256")
            return lines(
                lines("made() {", self.made, "}"),
                sh("made >{new} || { rc=$?; rm -f -- {new}; exit $rc; }", new=new),
                sh(_COMPARED, new=new, sum=sha256, line=sha256 + "  -") if sha256 else "",
            )
        if self.content is None:
            return lines(
                lines("edit() {", self.edit, "}"), sh("edit <{path} >{new}", path=path, new=new)
            )
        if self._inline:
            return sh("printf %s {text} >{new}", text=self.content.text, new=new)
        return sh('cat -- "$MPLAY_BLOBS"/{sum} >{new}', sum=self.content.blob.sha256, new=new)

    def _diff(self) -> tuple[Diff, ...]:
        before = "" if self.before.kind == "absent" else self.before.text
        after = self.content.text if self.content else self.text
        if before is None or after is None or "\0" in after or not self._public:
            return digest_diff(self.before, self.wanted.get("sha256", ""))
        return () if before == after else text_diff(shown(self.before.path), before, after)


_COMPARED = r"""sum=$(sha256sum <{new})
if [ "$sum" != {line} ]; then
  rm -f -- {new}
  echo "what came has the sha256 ${sum%% *}, not" {sum} >&2
  exit 1
fi"""


def attributes_only(before: Seen, wanted: Mapping[str, str], account: str) -> Change:
    """The change of mode, owner and group of what is there; undone by the numbers that were."""
    return Change(
        summary=_summary(before, wanted),
        apply=set_attributes(before.path, account=account, mode=wanted["mode"]),
        restore=lines(
            sh("if [ -e {path} ] && [ ! -L {path} ]; then", path=before.path),
            set_attributes(before.path, account=before.account, mode=before.mode),
            "fi",
        ),
        expect=expected(before.path, wanted),
        restored=before.facts(),
        diff=attribute_diff(before, wanted),
    )


def set_attributes(path: str, *, account: str, mode: str) -> Script:
    """Shell that sets owner, group and mode; chown first, for it takes set-ID bits away.

    chmod leaves a directory's set-ID bits unless five digits say otherwise.
    """
    return lines(
        sh("chown -- {account} {path}", account=account, path=path) if account else "",
        sh("chmod -- {mode} {path}\nsync -- {path}", mode=f"0{mode}", path=path),
    )


def keep(before: Seen) -> Script:
    """Shell for `save`: what is there (no directory); '' where nothing is."""
    if before.kind not in {"file", "link", "special"}:
        return ""
    return lines(
        sh('cp -a -- {path} "$MPLAY_SAVE/old"', path=before.path), ': >"$MPLAY_SAVE/saved"'
    )


def bring_back(before: Seen) -> Script:
    """Shell for `restore`: what `keep` kept, or nothing where nothing was."""
    names = {
        "new": temporary(before.path),
        "path": before.path,
        "parent": parent(before.path),
    }
    if before.kind == "absent":
        return sh("rm -f -- {new} {path}\n[ ! -d {parent} ] || sync -- {parent}", **names)
    if before.kind != "file":
        return sh(
            'rm -f -- {new}\nif [ -e "$MPLAY_SAVE/saved" ]; then\n'
            '  cp -a -- "$MPLAY_SAVE/old" {new}\n'
            "  mv -fT -- {new} {path}\n  sync -- {parent}\nfi",
            **names,
        )
    return sh(
        'rm -f -- {new}\nif [ -e "$MPLAY_SAVE/saved" ] &&\n'
        '  [ "$(sha256sum <"$MPLAY_SAVE/old")" = {sum} ]\nthen\n'
        '  cp -a -- "$MPLAY_SAVE/old" {new}\n  sync -- {new}\n'
        "  mv -fT -- {new} {path}\n  sync -- {parent}\nfi",
        sum=f"{before.sha256}  -",
        **names,
    )


def made_beside(path: str, source: Script, mode: str) -> Script:
    """Shell in which `source` creates the file beside, never through a link that is there."""
    return lines(
        sh("if [ -e {new} ] || [ -L {new} ]; then rm -f -- {new}; fi", new=temporary(path)),
        sh("umask {umask}", umask=umask_for(mode) if made_by_umask(mode) else "0077"),
        "set -C",
        source,
        "set +C",
    )


def adorned(path: str, *, account: str, mode: str) -> Script:
    """Shell that gives the file beside its owner ('' leaves it) and its mode before it is seen."""
    new = temporary(path)
    chmod = account or not made_by_umask(mode)
    return lines(
        sh("chown -- {account} {new}", account=account, new=new) if account else "",
        sh("chmod -- {mode} {new}", mode=mode, new=new) if chmod else "",
    )


def validated(path: str, words: tuple[str, ...]) -> Script:
    """Shell that runs a validator on the file beside; '' for none."""
    if not words:
        return ""
    new = temporary(path)
    named = [word.replace("%s", new) for word in words]
    return sh("{words} || { rc=$?; rm -f -- {new}; exit $rc; }", words=named, new=new)


def put_in_place(path: str, *, fresh: bool) -> Script:
    """Shell that makes the file beside durable, and only then the file.

    Where nothing was (`fresh`) nothing can be torn: if the power goes before the sync, there is no
    record of an end, and the restore removes whatever came of it. So one process syncs both.
    """
    new, above = temporary(path), parent(path)
    if fresh:
        return sh("mv -fT -- {new} {path}\nsync -- {path} {above}", new=new, path=path, above=above)
    return sh(
        "sync -- {new}\nmv -fT -- {new} {path}\nsync -- {above}", new=new, path=path, above=above
    )


def expected(path: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """Wanted facts by their keys."""
    return {fact(path, name): value for name, value in wanted.items()}


def digest_diff(before: Seen, sha256: str) -> tuple[Diff, ...]:
    """What a diff shows of content that is private or large."""
    if before.sha256 == sha256:
        return ()
    old = f"sha256 {before.sha256}\n" if before.sha256 else ""
    new = f"sha256 {sha256}\n" if sha256 else "content that nobody knows yet\n"
    return (Diff(title=shown(before.path), before=old, after=new),)


_SHOWN = ("mode", "owner", "group", "uid", "gid")


def attribute_diff(before: Seen, wanted: Mapping[str, str]) -> tuple[Diff, ...]:
    """Mode, owner and group before and after, where they differ; none for what is new."""
    if not before.has_attributes:
        return ()
    moved = [n for n in _SHOWN if n in wanted and getattr(before, n) != wanted[n]]
    if not moved:
        return ()
    return (
        Diff(
            title=f"{shown(before.path)} (attributes)",
            before="".join(f"{name} {getattr(before, name)}\n" for name in moved),
            after="".join(f"{name} {wanted[name]}\n" for name in moved),
        ),
    )


def _summary(before: Seen, wanted: Mapping[str, str]) -> str:
    path = shown(before.path)
    if before.kind == "absent":
        return f"create {path}"
    if before.kind == "link":
        return f"replace the link {path} by a file"
    moved = [
        f"{name} {getattr(before, name)} -> {wanted[name]}"
        for name in _SHOWN
        if name in wanted and getattr(before, name) != wanted[name]
    ]
    if wanted.get("sha256", before.sha256) != before.sha256:
        moved.insert(0, "new content")
    return f"{path}: {', '.join(moved)}"
