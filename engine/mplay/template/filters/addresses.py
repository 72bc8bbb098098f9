"""Addresses and networks of the internet, as the filters of ansible.utils know them.

What is no address comes to false, of lists what is an address is kept: so `ipaddr` also tells
whether something is one. A *lone* address is written without a prefix.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

_Ip: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_NOT_LONE = "this needs a network or an address with a prefix"


@dataclass(frozen=True, slots=True)
class Address:
    """An address with the network that it is in; `given` is what was written."""

    given: str
    ip: _Ip
    network: _Network
    lone: bool

    @property
    def size(self) -> int:
        """How many addresses the network has."""
        return self.network.num_addresses

    @property
    def is_network(self) -> bool:
        """Whether it stands for a network rather than for one host in it."""
        return self.size > 1 and self.ip == self.network.network_address

    @property
    def slash(self) -> str:
        """The address and its prefix."""
        return f"{self.ip}/{self.network.prefixlen}"

    @property
    def usable(self) -> tuple[_Ip, _Ip] | None:
        """The first and the last address that a host may have; None in a network of one."""
        if self.lone:
            raise ValueError(_NOT_LONE)
        edge = 0 if self.size == 2 else 1
        return None if self.size == 1 else (self.at(edge), self.at(-1 - edge))

    def at(self, index: int) -> _Ip:
        """An address of the network by its number, a negative one from the end. IndexError."""
        return self.network[index]

    def moved(self, by: int) -> str | None:
        """The address that many further, where hosts may have it."""
        usable, number = self.usable, int(self.ip) + by
        if usable is None or not int(usable[0]) <= number <= int(usable[1]):
            return None
        return str(self.at(number - int(self.network.network_address)))


def read(value: Any) -> Address | None:
    """The address that a text or a number is; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    number, slash, prefix = text.partition("/")
    if len(text) > 100 or "%" in text:
        return None
    try:
        if number.isdigit():
            number = str(ipaddress.ip_address(int(number)))
        found = ipaddress.ip_interface(f"{number}{slash}{prefix}")
    except ValueError:
        return None
    given = text if isinstance(value, str) and not number.isdigit() else f"{number}{slash}{prefix}"
    return Address(given, found.ip, found.network, not slash)


def _needed(value: Any) -> Address:
    found = read(value)
    if found is None:
        raise ValueError(f"'{value}' is no address")
    return found


def _kept(holds: Callable[[_Ip], bool]) -> Callable[[Address], Any]:
    return lambda one: one.given if holds(one.ip) else None


def _address(one: Address) -> str | None:
    broadcast = one.network.version == 4 and one.size > 2
    return None if one.is_network and broadcast else str(one.ip)


def _broadcast(one: Address) -> str | None:
    return str(one.at(-1)) if one.size > 2 else None


def _usable(end: int) -> Callable[[Address], Any]:
    return lambda one: str(one.usable[end]) if one.usable else None


def _range(one: Address) -> str | None:
    return f"{one.usable[0]}-{one.usable[1]}" if one.usable else None


def _peer(one: Address) -> str:
    if one.lone or one.size not in {2, 4}:
        raise ValueError("a peer is told of networks with two or four addresses")
    place = int(one.ip) - int(one.network.network_address)
    if one.size == 4 and place in {0, 3}:
        raise ValueError("the address of a network has no peer")
    return str(one.at(1 - place if one.size == 2 else 3 - place))


def _wrap(one: Address) -> str:
    if one.network.version == 4:
        return one.given
    return f"[{one.ip}]" if one.lone else f"[{one.ip}]/{one.network.prefixlen}"


def _with_prefix(otherwise: Any) -> Callable[[Address], Any]:
    return lambda one: otherwise if one.is_network and one.size > 2 else one.slash


def _inside(one: Address, what: Callable[[Address], str]) -> str | None:
    return None if one.size == 1 or one.is_network else what(one)


_QUERIES: dict[str, Callable[[Address], Any]] = {
    "": lambda one: str(one.ip) if one.lone else one.slash,
    "address": _address,
    "address/prefix": _with_prefix(False),
    "bool": lambda _: True,
    "broadcast": _broadcast,
    "cidr": lambda one: one.slash,
    "first_usable": _usable(0),
    "gateway": _with_prefix(False),
    "gw": _with_prefix(False),
    "host": _with_prefix(None),
    "host/prefix": _with_prefix(False),
    "hostmask": lambda one: str(one.network.hostmask),
    "hostnet": _with_prefix(False),
    "int": lambda one: int(one.ip) if one.lone else f"{int(one.ip)}/{one.network.prefixlen}",
    "ip": _address,
    "ip/prefix": lambda one: _inside(one, lambda it: it.slash),
    "ip_netmask": lambda one: _inside(one, lambda it: f"{it.ip} {it.network.netmask}"),
    "last_usable": _usable(1),
    "link-local": _kept(lambda ip: ip.is_link_local),
    "lo": _kept(lambda ip: ip.is_loopback),
    "loopback": _kept(lambda ip: ip.is_loopback),
    "multicast": _kept(lambda ip: ip.is_multicast),
    "net": lambda one: str(one.network) if one.is_network else None,
    "netmask": lambda one: str(one.network.netmask),
    "network": lambda one: str(one.network.network_address),
    "network/prefix": lambda one: str(one.network),
    "network_id": lambda one: str(one.network.network_address),
    "network_netmask": lambda one: f"{one.network.network_address} {one.network.netmask}",
    "network_wildcard": lambda one: f"{one.network.network_address} {one.network.hostmask}",
    "next_usable": lambda one: one.moved(1),
    "peer": _peer,
    "prefix": lambda one: one.network.prefixlen,
    "previous_usable": lambda one: one.moved(-1),
    "private": _kept(lambda ip: ip.is_private),
    "public": _kept(lambda ip: ip.is_global and not ip.is_multicast),
    "range_usable": _range,
    "revdns": lambda one: f"{one.ip.reverse_pointer}.",
    "router": _with_prefix(False),
    "size": lambda one: one.size,
    "size_usable": lambda one: {1: 0, 2: 2}.get(one.size, one.size - 2),
    "subnet": lambda one: str(one.network),
    "type": lambda one: "network" if one.is_network else "address",
    "unicast": _kept(lambda ip: not ip.is_multicast),
    "version": lambda one: one.network.version,
    "wildcard": lambda one: str(one.network.hostmask),
    "wrap": _wrap,
}


def ipaddr(value: Any, query: Any = "", version: int | None = None) -> Any:
    """What `query` asks of an address; of a list, of those that have it.

    A query is a name, a network (is it inside?) or a number (which address of its network?).
    """
    if isinstance(value, list | tuple):
        answers = (ipaddr(item, query, version) for item in value)
        return [answer for answer in answers if answer not in (None, False)]
    asked = _query(query)
    found = read(value)
    if found is None or version not in {None, found.network.version}:
        return False
    return asked(found)


def _query(query: Any) -> Callable[[Address], Any]:
    text = str(query)
    if text in _QUERIES:
        return _QUERIES[text]
    if text.removeprefix("-").isdigit() and not isinstance(query, bool):
        return lambda one: _nth(one, int(text))
    if network := read(text):
        return lambda one: one.given if _holds(network, one) else None
    names = ", ".join(filter(None, _QUERIES))
    raise ValueError(f"'{text}' asks nothing of an address; there are {names}")


def _nth(one: Address, index: int) -> Any:
    if one.size == 1:
        return one.given
    try:
        return f"{one.at(index)}/{one.network.prefixlen}"
    except IndexError:
        return False


def _holds(outer: Address, inner: Address) -> bool:
    first, last = outer.network[0], outer.network[-1]
    return first.version == inner.ip.version and bool(
        int(first) <= int(inner.network[0]) and int(inner.network[-1]) <= int(last)
    )


def ipv4(value: Any, query: Any = "") -> Any:
    """As `ipaddr`, of IPv4 only."""
    return ipaddr(value, query, 4)


def ipv6(value: Any, query: Any = "") -> Any:
    """As `ipaddr`, of IPv6 only."""
    return ipaddr(value, query, 6)


def ipwrap(value: Any) -> Any:
    """IPv6 in brackets, everything else as it is."""
    if isinstance(value, list | tuple):
        return [ipwrap(item) for item in value]
    found = read(value)
    return value if found is None else _wrap(found)


def ipmath(value: Any, amount: int) -> str:
    """The address that many further."""
    return str(_needed(value).ip + _whole(amount))


def _whole(number: Any) -> int:
    return int(number)


def nthhost(value: Any, index: int) -> Any:
    """An address of a network by its number, from the end where it is negative."""
    found = read(value)
    if found is None:
        return False
    try:
        return str(found.at(_whole(index)))
    except IndexError:
        return False


def ipsubnet(value: Any, query: Any = "", index: int | None = None) -> Any:
    """The subnet around an address, or how many subnets a network has; `query` is their prefix.

    With `index`, the one of that number. With a network, the number that the value has in it.
    """
    found = read(value)
    if found is None:
        return False
    if query == "":
        return str(found.network)
    if outer := None if str(query).isdigit() else _needed(query):
        return str(_rank(found, outer))
    prefix = _whole(query)
    if found.lone:
        return _around(found, prefix, index)
    return _parts(found.network, prefix, index)


def _rank(one: Address, outer: Address) -> int:
    if not _holds(outer, one):
        raise ValueError(f"{one.network} is not in {outer.network}")
    return (int(one.network[0]) - int(outer.network[0])) // one.size + 1


def _around(one: Address, prefix: int, index: int | None) -> Any:
    if index is None:
        return str(one.network.supernet(new_prefix=prefix))
    try:
        return str(one.network.supernet(new_prefix=range(prefix, one.network.max_prefixlen)[index]))
    except IndexError:
        return False


def _parts(network: _Network, prefix: int, index: int | None) -> Any:
    if not network.prefixlen <= prefix <= network.max_prefixlen:
        raise ValueError(f"{network} has no subnets with the prefix {prefix}")
    count = 2 ** (prefix - network.prefixlen)
    if index is None:
        return str(count)
    place = _whole(index) + (count if _whole(index) < 0 else 0)
    if not 0 <= place < count:
        return False
    step = 2 ** (network.max_prefixlen - prefix)
    return f"{network[place * step]}/{prefix}"


def network_in_network(value: Any, test: Any) -> bool:
    """Whether an address or a network lies in a network."""
    return _holds(_needed(value), _needed(test))


def network_in_usable(value: Any, test: Any) -> bool:
    """Whether an address or a network lies in the part of a network that hosts may have."""
    outer, inner = _needed(value), _needed(test)
    usable = outer.usable
    return (
        usable is not None
        and int(usable[0]) <= int(inner.network[0])
        and bool(int(inner.network[-1]) <= int(usable[1]))
    )


def next_nth_usable(value: Any, offset: int) -> str | None:
    """The address so many further that a host may have; None where there is none."""
    found = _needed(value)
    return None if found.lone else found.moved(_whole(offset))


def previous_nth_usable(value: Any, offset: int) -> str | None:
    """The address so many before that a host may have; None where there is none."""
    return next_nth_usable(value, -_whole(offset))


def reduce_on_network(value: Iterable[Any], network: Any) -> list[Any]:
    """Those of a list that lie in a network."""
    outer = _needed(network)
    return [item for item in value if _holds(outer, _needed(item))]


def cidr_merge(value: Iterable[Any], action: str = "merge") -> Any:
    """The fewest networks that hold what is given, or with `span` the smallest one."""
    networks = [_needed(item).network for item in value]
    if action not in {"merge", "span"}:
        raise ValueError("action is merge or span")
    if action == "merge":
        return [str(one) for one in _collapsed(networks)]
    if len({one.version for one in networks}) != 1:
        raise ValueError("a span is that of networks of one version, and of at least one")
    span = networks[0]
    while not all(_within(one, span) for one in networks):
        span = span.supernet()
    return str(span)


def _within(one: _Network, outer: _Network) -> bool:
    return int(outer[0]) <= int(one[0]) and int(one[-1]) <= int(outer[-1])


def _collapsed(networks: list[_Network]) -> Iterator[_Network]:
    yield from ipaddress.collapse_addresses(
        one for one in networks if isinstance(one, ipaddress.IPv4Network)
    )
    yield from ipaddress.collapse_addresses(
        one for one in networks if isinstance(one, ipaddress.IPv6Network)
    )


FILTERS: dict[str, Callable[..., Any]] = {
    "cidr_merge": cidr_merge,
    "ipaddr": ipaddr,
    "ipmath": ipmath,
    "ipsubnet": ipsubnet,
    "ipv4": ipv4,
    "ipv6": ipv6,
    "ipwrap": ipwrap,
    "network_in_network": network_in_network,
    "network_in_usable": network_in_usable,
    "next_nth_usable": next_nth_usable,
    "nthhost": nthhost,
    "previous_nth_usable": previous_nth_usable,
    "reduce_on_network": reduce_on_network,
}
