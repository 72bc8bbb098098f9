"""What one can do with a lab: bring hosts up, take them down, reset, look, publish packages."""

from __future__ import annotations

import dataclasses
import fcntl
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from mplay.lab import cgroup, host, network, repository, sysctl
from mplay.lab.images import Images, prepare
from mplay.lab.keys import operator_key, write_known_hosts
from mplay.lab.place import Place
from mplay.lab.platform import PLATFORM, HostSpec, hosts_of
from mplay.lab.readiness import wait_ready
from mplay.lab.registry import Record, folder_of, group_of, is_alive, records, root_of, write
from mplay.lab.seed import seed
from mplay.lab.store import Store
from mplay.lab.written_inventory import write_inventories
from mplay.model.errors import UsageError

Say = Callable[[str], None]


def silent(_line: str) -> None:
    """Say nothing, for callers whom progress does not interest."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class HostStatus:
    """One line of ``lab status``. `state` is running, starting or stopped."""

    name: str
    role: str
    address: str
    state: str
    root: str | None


class Lab:
    """The lab at one place of this machine; `say` hears about long work."""

    def __init__(self, place: Place, say: Say) -> None:
        self.place = place
        self._say = say

    def up(self, targets: Sequence[str]) -> list[HostStatus]:
        """Bring the hosts of these targets up and wait until they do their work.

        Hosts that are up already stay as they are.
        """
        specs = list(dict.fromkeys(spec for target in targets for spec in hosts_of(target)))
        with self._lock():
            known = records(self.place)
            idle = [s for s in specs if s.name not in known or not self._alive(known[s.name])]
            if idle:
                self._say(f"starting {_count(idle)}")
                self._start(idle)
            now = records(self.place)
            self._settle([now[spec.name] for spec in specs if not now[spec.name].ready])
        return [status for status in self.status() if status.name in {s.name for s in specs}]

    def reset(self, name: str) -> HostStatus:
        """Give one host a new disk, as if it had just been made; touches no other host."""
        with self._lock():
            record = self._record(name)
            host.remove(self.place, name)
            self._start([record.spec])
            self._settle([records(self.place)[name]])
        return next(status for status in self.status() if status.name == name)

    def down(self, names: Sequence[str] = ()) -> None:
        """End these hosts and delete their disks; with no names, leave nothing of the lab.

        Keys stay, so that a host that comes up again is known.
        """
        if not self.place.state.is_dir():
            return
        with self._lock():
            for name in names:
                self._record(name)
            if not names:
                # One order for all; the rest below only tidies up.
                cgroup.kill(group_of(self.place))
            for name in names or records(self.place):
                host.remove(self.place, name)
            if not records(self.place):
                self._leave_nothing()
            else:
                self._write_inventories()

    def status(self) -> list[HostStatus]:
        """Return what each host of this lab is doing, by name."""
        return [self._status(record) for record in records(self.place).values()]

    def publish(self, versions: Sequence[str], names: Sequence[str] = ()) -> None:
        """Let apt on these hosts (all, without names) see exactly these versions of the app."""
        wanted = repository.known_versions(versions)
        with self._lock():
            for record in [self._record(n) for n in names] or records(self.place).values():
                name = record.spec.name
                pool = Store(self.place.cache).path(repository.pool_name())
                repository.publish(folder_of(self.place, name) / "repository", pool, wanted)

    def record(self, name: str) -> Record:
        """Return what the lab knows of one host; refuse a name that it does not have."""
        return self._record(name)

    def _start(self, specs: Sequence[HostSpec]) -> None:
        store = Store(self.place.cache)
        images = prepare(store, [spec.role for spec in specs], self._say)
        known = records(self.place)
        systemd = {s.name for s in specs} | set(known)
        sysctl.allow(self.place, sum(not name.startswith("bare-") for name in systemd))
        network.raise_bridge(self.place)
        self.place.hosts.mkdir(exist_ok=True)
        self.place.hosts.chmod(0o700)
        operator_key(self.place)
        wanted = [known.get(spec.name) or self._make(spec, images) for spec in specs]
        write_known_hosts(self.place, self._known_specs())
        host.start(self.place, wanted)
        self._write_inventories()

    def _make(self, spec: HostSpec, images: Images) -> Record:
        folder = folder_of(self.place, spec.name)
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "repository").mkdir(parents=True)
        repository.publish(folder / "repository", images.pool, repository.PUBLISHED)
        lower = images.lower(spec.role)
        seed(self.place, spec, lower, folder / "disk")
        record = Record(spec=spec, lower=tuple(map(str, lower)), disk="disk")
        write(self.place, record)
        return record

    def _settle(self, waiting: Iterable[Record]) -> None:
        hosts = list(waiting)
        if not hosts:
            return
        self._say(f"waiting for {_count([record.spec for record in hosts])} to be in service")
        with ThreadPoolExecutor(min(16, len(hosts))) as pool:
            jobs = [pool.submit(wait_ready, self.place, record.spec) for record in hosts]
        for record, job in zip(hosts, jobs, strict=True):
            job.result()
            write(self.place, dataclasses.replace(record, ready=True))

    def _leave_nothing(self) -> None:
        cgroup.kill(group_of(self.place))
        network.drop_bridge(self.place)
        sysctl.restore(self.place)
        for folder in (self.place.hosts, self.place.state / "inventory"):
            shutil.rmtree(folder, ignore_errors=True)
        Store(self.place.cache).sweep_if_idle()

    def _known_specs(self) -> list[HostSpec]:
        bare = (record.spec for record in records(self.place).values() if record.spec.is_bare)
        return [*PLATFORM, *bare]

    def _write_inventories(self) -> None:
        write_inventories(self.place, [record.spec for record in records(self.place).values()])

    def _alive(self, record: Record) -> bool:
        return is_alive(self.place, record)

    def _status(self, record: Record) -> HostStatus:
        alive = self._alive(record)
        return HostStatus(
            name=record.spec.name,
            role=record.spec.role,
            address=self.place.address(record.spec.low),
            state=("running" if record.ready else "starting") if alive else "stopped",
            root=str(root_of(self.place, record)) if alive else None,
        )

    def _record(self, name: str) -> Record:
        known = records(self.place)
        if name not in known:
            have = ", ".join(known) or "none: run `mplay lab up staging`"
            raise UsageError(f"The lab has no host {name!r} up.", hint=f"It has {have}.")
        return known[name]

    @contextmanager
    def _lock(self) -> Iterator[None]:
        need_root()
        self.place.state.mkdir(parents=True, exist_ok=True)
        with self.place.lock.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._say("another command is changing this lab: waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def need_root(effective: Callable[[], int] = os.geteuid, system: str = sys.platform) -> None:
    """Refuse, with what to do, where the lab cannot work: not Linux, or not root."""
    if system != "linux":
        raise UsageError(
            "The lab makes its hosts from Linux namespaces; this is not Linux.",
            hint="Run it in a Linux virtual machine.",
        )
    if effective() != 0:
        raise UsageError(
            "The lab needs root: it makes namespaces, mounts and links.",
            hint="Run the same command with sudo.",
        )


def _count(specs: Sequence[HostSpec]) -> str:
    if len(specs) <= 5:
        return ", ".join(spec.name for spec in specs)
    return f"{len(specs)} hosts, {specs[0].name} to {specs[-1].name}"
