"""All that counts about a host, as a shell on it can see it: for the laws on anybody's host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mplay.sdk import sh
from mplay.testing.hostshell import HostShell

FOLDERS = ("/boot", "/etc", "/home", "/opt", "/root", "/srv", "/usr/local", "/var")
"""Where what a module changes is looked for; packages are asked of dpkg."""
LEFT_OUT = (
    "/var/backups",
    "/var/cache",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/lib/mplay",
    "/var/lib/systemd",
    "/var/log",
    "/var/tmp",
    "/etc/.pwd.lock",
    "/etc/ld.so.cache",
)
"""Records and caches that no step promises to put back."""

_KINDS = {"f": "file", "d": "directory", "l": "link", "p": "fifo", "s": "socket"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSurface:
    """What stands at each path: kind, mode, owner, link target, content; and at each package."""

    entries: Mapping[str, str]

    def differences(self, later: HostSurface) -> Sequence[str]:
        """A line for each path or package that differs, its name first."""
        names = sorted({*self.entries, *later.entries})
        pairs = ((name, self.entries.get(name), later.entries.get(name)) for name in names)
        return [
            f"{n}: {old or 'absent'} -> {new or 'absent'}" for n, old, new in pairs if old != new
        ]


_LOOK = r"""
set -eu
export LC_ALL=C
set -- {folders}
for folder do shift; [ ! -d "$folder" ] || set -- "$@" "$folder"; done
find "$@" -xdev '(' {left_out} ')' -prune -o -printf '%y %m %u:%g\t%l\t%p\0'
printf '\0'
find "$@" -xdev '(' {left_out} ')' -prune -o -type f -exec sha256sum -z '{}' +
printf '\0'
dpkg-query -W -f '${Package}:${Architecture}\t${Version}, ${Status}\n' 2>/dev/null || :
"""


def look(host: HostShell) -> HostSurface:
    """The host as it is now. AssertionError where it cannot be looked at: it needs GNU find."""
    paths = [word for path in LEFT_OUT for word in ("-o", "-path", path)][1:]
    done = host.raw(sh(_LOOK, folders=FOLDERS, left_out=paths))
    assert done.rc == 0, f"the host cannot be looked at: {done.err}"
    files, _, rest = done.out.decode(errors="surrogateescape").partition("\0\0")
    sums, _, packages = rest.partition("\0\0") if not rest.startswith("\0") else ("", "", rest[1:])
    return HostSurface(entries=dict([*_entries(files, sums), *_packages(packages)]))


def _entries(files: str, sums: str) -> Iterator[tuple[str, str]]:
    digests = {line[66:]: line[:64] for line in sums.split("\0") if line}
    for line in files.split("\0"):
        told, link, path = line.split("\t", 2)
        kind, _, rest = told.partition(" ")
        parts = [_KINDS.get(kind, kind), rest, link, digests.get(path, "")[:12]]
        yield path, " ".join(part for part in parts if part)


def _packages(listed: str) -> Iterator[tuple[str, str]]:
    for line in listed.splitlines():
        name, _, version = line.partition("\t")
        yield f"package {name}", version
