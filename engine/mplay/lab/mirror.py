"""Debian's own archives, as this machine's apt is configured to reach them.

The lab asks apt which of its sources carry Debian itself (by their ``Origin``) for the release of
this machine; other sources of the machine are left aside. Proxies and the like are taken over from
apt's configuration.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mplay.lab.command import run
from mplay.model.errors import UsageError

_FIELDS = ("ORIGIN", "CODENAME", "RELEASE", "COMPONENT", "REPO_URI")
_KEYRINGS = ("/usr/share/keyrings", "/etc/apt/keyrings", "/etc/apt/trusted.gpg.d")
_ACQUIRE = re.compile(r"Acquire::(http|https|ftp|Check-|Retries|ForceIPv|proxy)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mirror:
    """Where Debian packages come from, as apt itself would write it."""

    codename: str
    lines: tuple[str, ...]
    """Lines of a ``sources.list``."""

    options: tuple[str, ...]
    """Lines of an ``apt.conf``: how this machine reaches them."""


def machine_mirror(release: Path = Path("/etc/os-release")) -> Mirror:
    """Ask this machine's apt for its Debian sources."""
    codename = _codename(release.read_text())
    listing = run(
        [
            "apt-get",
            "indextargets",
            "--format",
            "|".join(f"$({field})" for field in _FIELDS),
            "Created-By: Packages",
        ]
    )
    lines = debian_lines(listing.splitlines(), codename)
    if not lines:
        raise UsageError(
            f"This machine's apt knows no Debian archive for {codename or 'its release'}.",
            hint="Run `apt-get update`. The lab builds its hosts from the Debian archive of the "
            "machine, so it needs a Debian machine.",
        )
    options = run(["apt-config", "dump", "Acquire"]).splitlines()
    return Mirror(
        codename=codename,
        lines=lines,
        options=tuple(line for line in options if _ACQUIRE.match(line)),
    )


def debian_lines(listing: Iterable[str], codename: str) -> tuple[str, ...]:
    """Turn what ``apt-get indextargets`` said into lines of a ``sources.list``."""
    wanted = {codename, f"{codename}-updates", f"{codename}-security"}
    components: dict[tuple[str, str], list[str]] = {}
    for line in listing:
        origin, code, release, component, uri = line.split("|")
        if origin == "Debian" and code in wanted and component == "main":
            components.setdefault((uri, release), []).append(component)
    return tuple(
        f"deb {uri} {release} {' '.join(dict.fromkeys(names))}"
        for (uri, release), names in components.items()
    )


def gather_keyrings(into: Path) -> None:
    """Link every archive key that this machine trusts into one directory, as apt wants it."""
    into.mkdir()
    for directory in _KEYRINGS:
        for key in sorted(Path(directory).glob("*")):
            if key.suffix in (".gpg", ".asc") and "removed" not in key.name:
                link = into / key.name
                if not link.exists():
                    link.symlink_to(key)


def _codename(text: str) -> str:
    found = re.search(r'^VERSION_CODENAME="?([a-z]+)"?$', text, re.MULTILINE)
    return found.group(1) if found else ""
