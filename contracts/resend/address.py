"""Where a recorded server is, from what somebody typed."""

from __future__ import annotations

from urllib.parse import urlsplit

from workerkit.contracts.target.target import BASE_PATH, BadTargetError, Target
from workerkit.mockserver.capsules.http.client import Address

_PORTS = {"http": 80, "https": 443}
NO_KEY = "none"


def address_of(url: str) -> Address:
    """The address in a base URL, whose path is `/api/v1/worker`. Raises BadTarget."""
    parts = urlsplit(Target(url, NO_KEY).base_url)
    if parts.path != BASE_PATH:
        raise BadTargetError(
            f"the path of {url} is not {BASE_PATH}: requests are passed on as they are, so that nothing can "
            "stand before it"
        )
    assert parts.hostname is not None
    port = parts.port or _PORTS[parts.scheme]
    return Address(parts.hostname, port, parts.netloc, tls=parts.scheme == "https")
