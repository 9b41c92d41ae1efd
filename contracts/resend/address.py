"""Reads the address of a server from the base URL that a user typed."""

from __future__ import annotations

from urllib.parse import urlsplit

from workerkit.contracts.target.target import BadTargetError, Target
from workerkit.mockserver.capsules.http.client import Address
from workerkit.openapi.spec.api import worker_api

_PORTS = {"http": 80, "https": 443}
NO_KEY = "none"


def address_of(url: str) -> Address:
    """The address in a base URL. Raises BadTargetError unless its path is the base path of the Worker API."""
    parts = urlsplit(Target(url, NO_KEY).base_url)
    base_path = worker_api().base_path
    if parts.path != base_path:
        raise BadTargetError(
            f"the path of {url} must be {base_path}: the requests of the capsule already contain this path, "
            "and no prefix can be added"
        )
    assert parts.hostname is not None
    port = parts.port or _PORTS[parts.scheme]
    return Address(parts.hostname, port, parts.netloc, tls=parts.scheme == "https")
