"""Whether the links of a text lead somewhere: the only module here that asks the network.

An address typed by somebody must not make this machine knock at its own doors or its neighbours'. Each name is
resolved once per request, every answer is looked at, and the connection goes to that very answer, also after a
redirect: a name that says something else a moment later changes nothing.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urljoin, urlsplit

# Seconds for one step of a dialogue, and for all links together.
PATIENCE, ALTOGETHER = 3.0, 10.0
MOST_LINKS = 10
MOST_REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
# One of the servers at the root of all names: where it is unknown, there is no network.
KNOWN_NAME = "a.root-servers.net"
# Answers that say "not to you": nobody knows what a person would see.
GUARDED = {401, 402, 403, 405, 407, 408, 425, 429, 451}
# Networks that carry an IPv4 address inside: what counts is that one.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Resolve = Callable[[str, int], Sequence[str]]
Connect = Callable[[str, int, float], socket.socket]


@dataclass(frozen=True)
class Link:
    """What became of asking one address.

    `state`: "fine", "dead" (it is not there), "unsafe" (its certificate is not valid), "inside" (a private network, or
    a door that is not asked), "unknown" (no answer, no network, or not open to us). `code` is the server's answer.
    """

    url: str
    state: str
    code: int | None = None


@dataclass
class _Asked:
    """One request on its way, so that it can be ended from outside."""

    connections: list[socket.socket] = field(default_factory=list)


class _Refused(Exception):  # noqa: N818  (a refusal)
    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


def check_links(
    urls: Sequence[str],
    *,
    resolve: Resolve | None = None,
    connect: Connect | None = None,
    within: float = ALTOGETHER,
) -> list[Link]:
    """Ask where up to ten links lead, all at once, and return what was found out within so many seconds.

    `resolve(host, port)` gives a name's addresses, `connect(address, port, timeout)` a connection.
    """
    asked = list(dict.fromkeys(urls))[:MOST_LINKS]
    found: dict[str, Link] = {}
    under_way = {url: _Asked() for url in asked}

    def ask(url: str) -> None:
        found[url] = _ask(url, resolve or addresses_of, connect or _connect, under_way[url])

    threads = [threading.Thread(target=ask, args=(url,), daemon=True) for url in asked]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    for thread in threads:
        thread.join(max(0.0, within - (time.monotonic() - began)))
    result = [found.get(url) or Link(url, "unknown") for url in asked]
    for one in under_way.values():
        for connection in list(one.connections):
            _end(connection)
    return result


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the open internet: not to this machine, its network or a special use."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.scope_id or ip.is_site_local or int(ip) >> 32 == 0:
            return False
    special = ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_reserved
    return ip.is_global and not special and not ip.is_unspecified


def addresses_of(host: str, port: int) -> list[str]:
    """Return all addresses of a name, as the system's resolver gives them. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _ask(url: str, resolve: Resolve, connect: Connect, asked: _Asked) -> Link:
    try:
        code = _follow(url, resolve, connect, asked)
    except _Refused as refused:
        return Link(url, refused.state)
    except ssl.SSLCertVerificationError:
        return Link(url, "unsafe")
    except socket.gaierror as error:
        is_denied = error.errno in (socket.EAI_NONAME, _NO_DATA)
        return Link(url, "dead" if is_denied and _has_network(resolve) else "unknown")
    except ConnectionRefusedError:
        return Link(url, "dead")
    except (OSError, http.client.HTTPException, ValueError):
        return Link(url, "unknown")
    if 200 <= code < 400:
        return Link(url, "fine", code)
    return Link(url, "unknown" if code in GUARDED else "dead", code)


def _has_network(resolve: Resolve) -> bool:
    """Tell whether names of the internet are known here at all: without a network, some resolvers deny every name."""
    try:
        return bool(resolve(KNOWN_NAME, PORTS["https"]))
    except OSError:
        return False


def _follow(url: str, resolve: Resolve, connect: Connect, asked: _Asked) -> int:
    for _ in range(MOST_REDIRECTS + 1):
        parts = _door(url)
        code, target = _request("HEAD", parts, resolve, connect, asked)
        if code >= 400:
            # Some servers answer only those who want the page itself.
            code, target = _request("GET", parts, resolve, connect, asked)
        if code not in (301, 302, 303, 307, 308) or not target:
            return code
        url = urljoin(url, target)
    raise _Refused("unknown")


def _door(url: str) -> SplitResult:
    """Return the parts of an address that may be asked: the web's own doors, and nobody's password."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise _Refused("dead")
    if (parts.port or PORTS[parts.scheme]) not in PORTS.values() or parts.username is not None:
        raise _Refused("inside")
    return parts


def _request(
    method: str, parts: SplitResult, resolve: Resolve, connect: Connect, asked: _Asked
) -> tuple[int, str]:
    host, port = _plain_name(parts.hostname or ""), parts.port or PORTS[parts.scheme]
    addresses = list(resolve(host, port))
    if not addresses or not all(is_public(one) for one in addresses):
        raise _Refused("inside" if addresses else "dead")
    connection = _Pinned(host, port, timeout=PATIENCE)
    connection.default_port = port  # so that the header Host names none
    with connect(addresses[0], port, PATIENCE) as plain:
        asked.connections.append(plain)
        plain.settimeout(PATIENCE)
        # The name goes into the greeting and is compared with the certificate; the way goes to the address looked at.
        tls = ssl.create_default_context()
        sock = tls.wrap_socket(plain, server_hostname=host) if parts.scheme == "https" else plain
        asked.connections.append(sock)
        with sock:
            connection.sock = sock
            connection.request(
                method, _path(parts), headers={"User-Agent": "SETS-link-check", "Accept": "*/*"}
            )
            answer = connection.getresponse()
            return answer.status, answer.getheader("Location") or ""


def _plain_name(host: str) -> str:
    """Return a host's name as the network writes it; accents become ASCII."""
    return host if ":" in host or host.isascii() else host.encode("idna").decode("ascii")


def _path(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return f"{path}?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?')}" if parts.query else path


def _connect(address: str, port: int, timeout: float) -> socket.socket:
    return socket.create_connection((address, port), timeout)


def _end(connection: socket.socket) -> None:
    """End a dialogue that another thread is in, so that it does not wait for ever."""
    with suppress(OSError):  # it may have ended by itself
        connection.shutdown(socket.SHUT_RDWR)


class _Pinned(http.client.HTTPConnection):
    """A dialogue over a connection that stands already; it never makes one itself."""

    def connect(self) -> None:
        """Refuse: the address would be looked up once more."""
        raise _Refused("unknown")


_NO_DATA = getattr(socket, "EAI_NODATA", socket.EAI_NONAME)
