"""The read-only file systems under the hosts: one base for all, one layer for each role.

Both come out of the store; what is missing is built, from Debian's archive as this machine reaches
it. A layer holds its own copy of dpkg's records, so it belongs to exactly one base.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mplay.lab import repository
from mplay.lab.command import run
from mplay.lab.mirror import Mirror, gather_keyrings, machine_mirror
from mplay.lab.platform import ROLES, Role
from mplay.lab.store import Store, content_key, tree_parts

HERE = Path(__file__).parent
NOSUDO_PASSWORD = "correct horse"
"""The password of the user `nosudo` of every lab host, whose sudo asks for it."""

BASE_PACKAGES = (
    "ca-certificates",
    "cron",
    "curl",
    "dbus",
    "iproute2",
    "iputils-ping",
    "libpam-systemd",
    "logrotate",
    "netbase",
    "nftables",
    "openssh-server",
    "procps",
    "sudo",
    "systemd",
    "systemd-sysv",
)
# Own mount and process namespaces, and gone with whoever started it: a killed `up` leaves neither
# a mount nor a process.
_ALONE = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"),
)
_SPEED = ('DPkg::Options:: "--force-unsafe-io";', 'APT::Install-Recommends "false";')
_NETWORK_HINT = "The machine needs to reach its Debian archive once; try `apt-get update` by hand."


@dataclass(frozen=True, kw_only=True, slots=True)
class Images:
    """Where the finished trees are: what a host's overlay is mounted over."""

    base: Path
    layers: dict[str, Path]
    pool: Path

    def lower(self, role: str) -> tuple[Path, ...]:
        """Return the directories under a host of this role, the topmost first."""
        layer = self.layers.get(role)
        return (*((layer / "upper",) if layer else ()), self.base / "tree")


def prepare(store: Store, roles: Iterable[str], say: Callable[[str], None]) -> Images:
    """Return the images for these roles, building what the store does not have yet."""
    layered = [ROLES[name] for name in sorted(set(roles)) if name != "bare"]
    images = _stored(store, layered)
    if images:
        return images
    with store.building(say):
        builder = _Builder(store, say)
        builder.base()
        store.build(repository.pool_name(), repository.build_pool)
        builder.layers([role for role in layered if not store.has(_layer_name(store, role))])
    images = _stored(store, layered)
    if images is None:
        raise AssertionError("an image is missing right after it was built")
    return images


def _stored(store: Store, roles: Iterable[Role]) -> Images | None:
    base, pool = store.path(base_name()), store.path(repository.pool_name())
    if not (base.is_dir() and pool.is_dir()):
        return None
    layers = {role.name: store.path(_layer_name(store, role)) for role in roles}
    if not all(path.is_dir() for path in layers.values()):
        return None
    return Images(base=base, layers=layers, pool=pool)


def base_name(release: Path = Path("/etc/os-release")) -> str:
    """Return the store's name for the base: a hash of all that it is made from."""
    parts: tuple[str | bytes, ...] = (
        "base 1",
        release.read_text(),
        platform.machine(),
        " ".join(BASE_PACKAGES),
        (HERE / "scripts" / "finish-base.sh").read_bytes(),
        *tree_parts(HERE / "files" / "base"),
    )
    return f"base-{content_key(parts)}"


def _layer_name(store: Store, role: Role) -> str:
    base = base_name()
    parts: tuple[str | bytes, ...] = (
        "layer 1",
        base,
        (store.path(base) / "tree" / "var/lib/dpkg/status").read_bytes(),
        repository.pool_name(),
        repr(role.packages),
        repr(role.shop and repository.INSTALLED),
        repr(repository.PUBLISHED),
        (HERE / "scripts" / "build-layer.sh").read_bytes(),
        *tree_parts(HERE / "files" / "roles" / role.name),
    )
    return f"layer-{role.name}-{content_key(parts)}"


class _Builder:
    def __init__(self, store: Store, say: Callable[[str], None]) -> None:
        self._store = store
        self._say = say

    def base(self) -> None:
        name = base_name()
        if self._store.has(name):
            return
        self._timed(
            "building the base system: Debian from this machine's mirror (once; about a minute)",
            lambda: self._store.build(name, _build_base),
        )

    def layers(self, roles: list[Role]) -> None:
        if not roles:
            return
        names = " and ".join(role.name for role in roles)
        self._timed(f"building the layers {names} (once; about half a minute)", self._all(roles))

    def _all(self, roles: list[Role]) -> Callable[[], None]:
        def build() -> None:
            lists = self._store.root / "building-lists"
            lists.mkdir()
            _fetch_lists(lists, self._store.path(base_name()) / "tree")
            with ThreadPoolExecutor(len(roles)) as pool:
                jobs = [pool.submit(self._layer, role, lists) for role in roles]
            for job in jobs:
                job.result()
            self._store.sweep()

        return build

    def _layer(self, role: Role, apt: Path) -> None:
        base = self._store.path(base_name()) / "tree"
        pool = self._store.path(repository.pool_name())

        def make(half: Path) -> None:
            _build_layer(half, role=role, base=base, pool=pool, apt=apt)

        self._store.build(_layer_name(self._store, role), make)

    def _timed(self, what: str, work: Callable[[], object]) -> None:
        self._say(what)
        begun = time.monotonic()
        work()
        self._say(f"    done in {time.monotonic() - begun:.0f} s")


def _build_base(half: Path) -> None:
    mirror = machine_mirror()
    keyrings = half / "keyrings"
    gather_keyrings(keyrings)
    tree = half / "tree"
    options = [re.sub(r";$", "", line) for line in mirror.options]
    run(
        [
            *_ALONE,
            *("mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory"),
            f"--include={','.join(BASE_PACKAGES)}",
            f"--keyring={keyrings}",
            "--dpkgopt=force-unsafe-io",
            *(
                f"--dpkgopt={line}"
                for line in (HERE / "files/base/etc/dpkg/dpkg.cfg.d/lab").read_text().splitlines()
                if line.startswith("path-")
            ),
            *(f"--aptopt={option}" for option in options),
            *(mirror.codename, str(tree), *mirror.lines),
        ],
        what="building the base system with mmdebstrap",
        hint=_NETWORK_HINT,
    )
    run(
        [
            *_ALONE,
            *("sh", str(HERE / "scripts" / "finish-base.sh"), str(tree)),
            str(HERE / "files" / "base"),
        ],
        text=f"{NOSUDO_PASSWORD}\n",
        what="finishing the base system",
    )


def _fetch_lists(apt: Path, base: Path) -> None:
    mirror = machine_mirror()
    gather_keyrings(apt / "keyrings")
    (apt / "lists" / "partial").mkdir(parents=True)
    (apt / "sources.list").write_text("".join(f"{line}\n" for line in mirror.lines))
    config = apt / "update.conf"
    config.write_text(_apt_conf(apt, base, mirror))
    run(
        [*_ALONE, "apt-get", "-q", "update"],
        environment={**os.environ, "APT_CONFIG": str(config)},
        what="reading Debian's package lists",
        hint=_NETWORK_HINT,
    )


def _apt_conf(apt: Path, root: Path, mirror: Mirror) -> str:
    return "\n".join(
        (
            f'Dir "{root}/";',
            f'Dir::State::status "{root}/var/lib/dpkg/status";',
            f'Dir::State::lists "{apt}/lists/";',
            f'Dir::Etc::sourcelist "{apt}/sources.list";',
            'Dir::Etc::sourceparts "/dev/null";',
            f'Dir::Etc::trustedparts "{apt}/keyrings/";',
            'Dir::Cache::pkgcache "";',
            'Dir::Cache::srcpkgcache "";',
            'Acquire::Languages "none";',
            'APT::Sandbox::User "root";',
            f'DPkg::Chroot-Directory "{root}";',
            *_SPEED,
            *mirror.options,
            "",
        )
    )


def _build_layer(half: Path, *, role: Role, base: Path, pool: Path, apt: Path) -> None:
    work, upper, published = half / "work", half / "upper", half / "repository"
    for folder in (work, upper, published):
        folder.mkdir()
    upper.chmod(0o755)
    repository.publish(published, pool, repository.PUBLISHED)
    config = half / "apt.conf"
    config.write_text(_apt_conf(apt, work / "merged", machine_mirror()))
    run(
        [
            *_ALONE,
            *("sh", str(HERE / "scripts" / "build-layer.sh")),
            *(str(base), str(upper), str(work), str(published)),
            str(HERE / "files" / "roles" / role.name),
            repository.INSTALLED if role.shop else "-",
            *role.packages,
        ],
        environment={**os.environ, "APT_CONFIG": str(config)},
        what=f"building the layer {role.name}",
        hint=_NETWORK_HINT,
    )
