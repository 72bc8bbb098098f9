"""The lab's apt repository: the app ``shop`` in good and in faulty versions.

===== ================================================== ================
1.0   good; every web host begins with it                ``main``
1.1   good                                               ``security``
1.2   its postinst fails (apt exits 100)                 ``security``
1.3   its service does not start (apt exits 0)           ``security``
1.4   runs, but ``/healthz`` answers 500                 ``security``
===== ================================================== ================

Each host sees its own repository, bind-mounted read-only at ``/srv/labrepo``, with two flat
archives: ``main`` (Label Debian, Suite stable) and ``security`` (Label Debian-Security, Suite
stable-security), so that ``apt-get -s upgrade`` tells a security upgrade as it does on a real host:
``Inst shop [1.0] (1.1 Debian-Security:stable-security [all])``.

What apt sees is what was *published*: 1.0 and 1.1, unless `publish` was called. The host notices at
its next ``apt-get update``. All versions lie in ``/srv/labrepo/current/*/pool`` at all times.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from mplay.lab.command import run
from mplay.lab.store import content_key, tree_parts
from mplay.model.errors import UsageError

FILES = Path(__file__).parent / "files" / "shop"
_EPOCH = 1_700_000_000
_PLACES = {
    "shop": "usr/bin/shop",
    "shop.conf": "etc/shop/shop.conf",
    "shop.service": "lib/systemd/system/shop.service",
    "control": "DEBIAN/control",
    "postinst": "DEBIAN/postinst",
    "prerm": "DEBIAN/prerm",
    "postrm": "DEBIAN/postrm",
}
_PROGRAMS = {"shop", "postinst", "prerm", "postrm"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ShopVersion:
    """One version of the app: what is wrong with it, and the archive that offers it."""

    version: str
    fault: str
    archive: str


VERSIONS = {
    shop.version: shop
    for shop in (
        ShopVersion(version="1.0", fault="none", archive="main"),
        ShopVersion(version="1.1", fault="none", archive="security"),
        ShopVersion(version="1.2", fault="postinst", archive="security"),
        ShopVersion(version="1.3", fault="no-start", archive="security"),
        ShopVersion(version="1.4", fault="unhealthy", archive="security"),
    )
}
INSTALLED = "1.0"
PUBLISHED = ("1.0", "1.1")

_ARCHIVES = {
    "main": ("Debian", "stable"),
    "security": ("Debian-Security", "stable-security"),
}


def pool_name() -> str:
    """Return the store's name for the built packages."""
    return f"shop-{content_key(['pool 1', repr(VERSIONS), *tree_parts(FILES)])}"


def build_pool(into: Path) -> None:
    """Build every version's .deb, and beside it its stanza of a ``Packages`` file."""
    for shop in VERSIONS.values():
        tree = into / f"tree-{shop.version}"
        _lay_out(shop, tree)
        deb = into / _file(shop.version)
        run(
            ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(deb)],
            environment={**os.environ, "SOURCE_DATE_EPOCH": str(_EPOCH)},
        )
        control = run(["dpkg-deb", "--field", str(deb)])
        data = deb.read_bytes()
        deb.with_suffix(".stanza").write_text(
            f"{control.strip()}\nFilename: pool/{deb.name}\nSize: {len(data)}\n"
            f"SHA256: {hashlib.sha256(data).hexdigest()}\n\n"
        )
        shutil.rmtree(tree)


def known_versions(versions: Iterable[str]) -> tuple[str, ...]:
    """Return the versions, or refuse those that the lab does not have."""
    wanted = tuple(versions)
    for version in wanted:
        if version not in VERSIONS:
            raise UsageError(
                f"There is no version {version!r} of shop.", hint=f"Use: {', '.join(VERSIONS)}."
            )
    return wanted


def publish(repository: Path, pool: Path, versions: Sequence[str]) -> None:
    """Make exactly these versions visible to apt, in one step.

    Each publication is dated a second after the one before: apt keeps an index that looks as old
    as what it has. The dates count from a fixed time, so that equal histories give equal files.
    """
    revision = 1 + max((int(path.name[4:]) for path in repository.glob("rev-*")), default=-1)
    folder = repository / f"rev-{revision}"
    half = repository / "new"
    shutil.rmtree(half, ignore_errors=True)
    for archive in _ARCHIVES:
        _write_archive(half / archive, archive, pool, known_versions(versions), _EPOCH + revision)
    half.rename(folder)
    link = repository / "current.new"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.name)
    link.rename(repository / "current")


def _write_archive(
    into: Path, archive: str, pool: Path, versions: Sequence[str], stamp: int
) -> None:
    (into / "pool").mkdir(parents=True)
    for deb in pool.glob("*.deb"):
        shutil.copy(deb, into / "pool" / deb.name)
    packages = "".join(
        (pool / _file(version)).with_suffix(".stanza").read_text()
        for version in versions
        if VERSIONS[version].archive == archive
    ).encode()
    label, suite = _ARCHIVES[archive]
    release = (
        f"Origin: Debian\nLabel: {label}\nSuite: {suite}\nCodename: {suite}\n"
        f"Date: {formatdate(stamp, usegmt=True)}\nArchitectures: all amd64 arm64\n"
        f"Description: the packages of the mplay lab\n"
        f"SHA256:\n {hashlib.sha256(packages).hexdigest()} {len(packages)} Packages\n"
    ).encode()
    for name, content in (("Packages", packages), ("Release", release)):
        path = into / name
        path.write_bytes(content)
        os.utime(path, (stamp, stamp))


def _file(version: str) -> str:
    return f"shop_{version}_all.deb"


def _lay_out(shop: ShopVersion, tree: Path) -> None:
    for name, place in _PLACES.items():
        path = tree / place
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (FILES / name).read_text()
        path.write_text(text.replace("@VERSION@", shop.version).replace("@FAULT@", shop.fault))
        path.chmod(0o755 if name in _PROGRAMS else 0o644)
    conffiles = tree / "DEBIAN" / "conffiles"
    conffiles.write_text(f"/{_PLACES['shop.conf']}\n")
    for path in tree.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
