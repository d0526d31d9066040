"""Says which network addresses a hook may lie at, so that no alert reaches into our network."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from dq_monitor.errors import DeliveryFailed

Resolve = Callable[[str, int], Sequence[str]]

NAT64 = IPv6Network("64:ff9b::/96")
PRIVATE_FIX = (
    "set allow_private_hooks = true on the channel if its hook is on this machine or network"
)


def resolve(host: str, port: int) -> Sequence[str]:
    """Return every address of `host`, in the resolver's order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_address(
    host: str, port: int, *, allow_private: bool, resolver: Resolve = resolve
) -> str:
    """Resolve `host` once and return the address to connect to; raise DeliveryFailed.

    All addresses must be allowed, not only the first: a name that has a private address beside a
    public one is how a guard that looks at one of them is passed by.
    """
    try:
        addresses = resolver(host, port)
    except (OSError, UnicodeError) as error:
        raise DeliveryFailed(f"{host}: the name does not resolve") from error
    if not addresses:
        raise DeliveryFailed(f"{host}: the name does not resolve")
    for address in addresses:
        if not _allowed(address, allow_private=allow_private):
            opened = not allow_private and _allowed(address, allow_private=True)
            raise DeliveryFailed(
                f"{host}: resolves to an address that is not public",
                permanent=True,
                fix=PRIVATE_FIX if opened else "",
            )
    return addresses[0]


def _allowed(text: str, *, allow_private: bool) -> bool:
    address = _unwrapped(ip_address(text))
    # Link-local is where clouds keep their machines' credentials: no setting opens it.
    if address.is_multicast or address.is_link_local or address.is_unspecified:
        return False
    return address.is_global or allow_private


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one leads to (mapped, 6to4, NAT64), or itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address
