"""Real hosts for tests; wire them in with ``pytest_plugins = ["tests.lab.fixtures"]``.

Tests use the lab that ``MPLAY_LAB_NAME`` names (the default one without it) and leave hosts up that
were up before. A test that changes a host asks for it by `fresh`, which resets it first.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mplay.lab.lab import HostStatus, Lab, silent
from mplay.lab.place import Place, place_from
from mplay.lab.registry import root_of
from mplay.lab.sameness import Memo, State, state_of
from mplay.lab.ssh import ssh_command
from mplay.lab.written_inventory import inventory_file


@dataclass(frozen=True, kw_only=True)
class LabHost:
    """One running host: where it is, how to look into it."""

    name: str
    address: str
    lab: Lab
    memo: Memo

    @property
    def root(self) -> Path:
        """Where its files are readable; another path after a reset, the same after a reboot."""
        return root_of(self.lab.place, self.lab.record(self.name))

    def ssh(self, command: str, *, login: str = "root") -> subprocess.CompletedProcess[str]:
        """Run a shell command there over SSH, as root unless told otherwise."""
        record = self.lab.record(self.name)
        argv = ssh_command(self.lab.place, record, login=login, command=[command])
        return subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )

    def output(self, command: str, *, login: str = "root") -> str:
        """Return what a command prints there; it has to end well."""
        done = self.ssh(command, login=login)
        assert done.returncode == 0, f"{self.name}: {command}: {done.stderr}{done.stdout}"
        return done.stdout.strip()

    def state(self) -> State:
        """Return all that counts about the host now, for `State.differences`."""
        return state_of(self.root, self.memo)

    def publish(self, *versions: str) -> None:
        """Let apt on this host see exactly these versions of the app."""
        self.lab.publish(versions, [self.name])


@dataclass(frozen=True)
class LabHosts:
    """Hosts that are up, by name, and the inventory that names them."""

    hosts: dict[str, LabHost]
    inventory: Path

    def __getitem__(self, name: str) -> LabHost:
        return self.hosts[name]

    def __iter__(self) -> Iterator[LabHost]:
        return iter(self.hosts.values())

    @property
    def names(self) -> list[str]:
        return list(self.hosts)

    @property
    def addresses(self) -> dict[str, str]:
        return {host.name: host.address for host in self}

    @property
    def roots(self) -> dict[str, Path]:
        return {host.name: host.root for host in self}

    def states(self) -> dict[str, State]:
        """Return what counts about every one of them now."""
        return {host.name: host.state() for host in self}


def lab_host(lab: Lab, status: HostStatus, memo: Memo) -> LabHost:
    assert status.state == "running", f"{status.name} is {status.state}"
    return LabHost(name=status.name, address=status.address, lab=lab, memo=memo)


def lab_hosts(lab: Lab, target: str, memo: Memo) -> LabHosts:
    """Bring the hosts of a target up and return them."""
    statuses = lab.up([target])
    inventory = inventory_file(lab.place, bare=target.startswith("bare"))
    return LabHosts({s.name: lab_host(lab, s, memo) for s in statuses}, inventory)


@pytest.fixture(scope="session")
def lab_place() -> Place:
    """Where the lab of this session is."""
    return place_from(os.environ)


@pytest.fixture(scope="session")
def lab_memo() -> Memo:
    """Digests of files, shared by all looks at the hosts."""
    return {}


@pytest.fixture(scope="session")
def lab(lab_place: Place) -> Iterator[Lab]:
    """The lab of this session; at its end, hosts that the session brought up go down."""
    laboratory = Lab(lab_place, silent)
    before = {status.name for status in laboratory.status()}
    yield laboratory
    ours = [status.name for status in laboratory.status() if status.name not in before]
    if ours:
        laboratory.down(ours)


@pytest.fixture(scope="session")
def staging(lab: Lab, lab_memo: Memo) -> LabHosts:
    """The staging hosts, up and in service; as earlier tests left them (see `fresh`)."""
    return lab_hosts(lab, "staging", lab_memo)


@pytest.fixture(scope="session")
def production(lab: Lab, lab_memo: Memo) -> LabHosts:
    """The production hosts, up and in service; as earlier tests left them (see `fresh`)."""
    return lab_hosts(lab, "production", lab_memo)


@pytest.fixture(scope="session")
def bare(lab: Lab, lab_memo: Memo) -> Callable[[int], LabHosts]:
    """A function that brings N bare hosts up and returns them."""
    return lambda number: lab_hosts(lab, f"bare:{number}", lab_memo)


@pytest.fixture
def fresh(lab: Lab, lab_memo: Memo) -> Callable[[str], LabHost]:
    """A function that gives a host a new disk and returns it; about a second."""
    return lambda name: lab_host(lab, lab.reset(name), lab_memo)
