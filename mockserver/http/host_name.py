"""Names and addresses of this machine, in all forms that people write."""

from __future__ import annotations

import re
import socket
from ipaddress import ip_address

# `inet_aton` itself also accepts any text after a blank.
_SHORT_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){0,3}")


def canonical_host(host: str) -> str:
    """A host name or address as URLs and error messages show it.

    The result is in lower case. An IPv6 address has no brackets. A short IPv4 address is complete: `127.1`
    becomes `127.0.0.1`.
    """
    name = host.removeprefix("[").removesuffix("]").lower()
    try:
        return socket.inet_ntoa(socket.inet_aton(name)) if _SHORT_ADDRESS.fullmatch(name) else name
    except OSError:
        return name


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine. Upper case, brackets and short forms are allowed."""
    name = canonical_host(host)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
