"""The hosts and the roles of the example platform, as data.

A later role (database, cache, monitoring) is one more `Role`, its hosts below, and its files in
``files/roles/ROLE`` (the same on every host) and ``files/seeds/ROLE`` (written anew for each host,
with the names of `string.Template` filled in).
"""

from __future__ import annotations

from dataclasses import dataclass

from mplay.model.errors import UsageError

BARE_LIMIT = 250
ENVIRONMENTS = ("staging", "production")


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """What makes a host of one kind out of the base system."""

    name: str
    packages: tuple[str, ...] = ()
    shop: bool = False
    """Whether the app is installed."""

    ready: str = "true"
    """A shell test, run in the host, that holds once the host does its work."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostSpec:
    """One host that the lab can bring up. `low` are the last two numbers of its address."""

    name: str
    role: str
    environment: str
    low: str

    @property
    def is_bare(self) -> bool:
        """Whether the host has sshd as its first process, and no systemd."""
        return self.role == "bare"


ROLES = {
    role.name: role
    for role in (
        Role(name="bare"),
        Role(
            name="web",
            packages=("nginx-light", "python3"),
            shop=True,
            ready="curl -fsS -o /dev/null -m 2 http://127.0.0.1/healthz",
        ),
        Role(
            name="lb",
            packages=("haproxy", "python3"),
            ready="pool list >/run/pool.list && ! grep -qv ' up ' /run/pool.list",
        ),
    )
}

PLATFORM = (
    HostSpec(name="stg-lb1", role="lb", environment="staging", low="1.10"),
    HostSpec(name="stg-web1", role="web", environment="staging", low="1.11"),
    HostSpec(name="prd-lb1", role="lb", environment="production", low="2.10"),
    HostSpec(name="prd-web1", role="web", environment="production", low="2.11"),
    HostSpec(name="prd-web2", role="web", environment="production", low="2.12"),
)


def hosts_of(target: str) -> tuple[HostSpec, ...]:
    """Return the hosts that a target of ``lab up`` means: an environment, ``all`` or ``bare:N``."""
    if target == "all":
        return PLATFORM
    if target in ENVIRONMENTS:
        return tuple(spec for spec in PLATFORM if spec.environment == target)
    kind, _, count = target.partition(":")
    if kind == "bare" and count.isascii() and count.isdigit() and 0 < int(count) <= BARE_LIMIT:
        return tuple(_bare(number) for number in range(1, int(count) + 1))
    raise UsageError(
        f"The lab has no hosts called {target!r}.",
        hint=f"Use staging, production, all, or bare:N with N from 1 to {BARE_LIMIT}.",
    )


def peers(spec: HostSpec, role: str) -> tuple[HostSpec, ...]:
    """Return the platform's hosts of a role in the same environment as `spec`."""
    return tuple(
        other for other in PLATFORM if other.role == role and other.environment == spec.environment
    )


def _bare(number: int) -> HostSpec:
    return HostSpec(name=f"bare-{number:03d}", role="bare", environment="bare", low=f"9.{number}")
