"""The server to be tested, with the keys it is tested with."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from workerkit.openapi.errors import UsageError

BASE_PATH = "/api/v1/worker"


class BadTargetError(UsageError, ValueError):
    """The address is no base URL of the API; the text says what to give instead."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server by its base URL, which ends in `/api/v1/worker`, and keys that it knows.

    `api_key` is the server under whose name the run works. The others widen what can be tested:
    `other_api_key` is another server's, `inactive_api_key` that of a server which is neither online nor
    active, `account_id` the UUID of an account that belongs to a task of the first, which no answer of the
    API shows. Raises BadTarget for an address that is no such base URL, for a missing key, for one that is
    given twice, and for an account that is no UUID.
    """

    base_url: str
    api_key: str = field(repr=False)
    other_api_key: str | None = field(default=None, repr=False)
    inactive_api_key: str | None = field(default=None, repr=False)
    account_id: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))
        _check_address(self.base_url)
        for name in ("api_key", "other_api_key", "inactive_api_key"):
            _check_key(name, getattr(self, name))
        for name in ("other_api_key", "inactive_api_key"):
            if getattr(self, name) == self.api_key:
                raise BadTargetError(
                    f"--{name.replace('_', '-')} is the API key itself: give another server's key"
                )
        if self.account_id is not None:
            object.__setattr__(self, "account_id", _account_id(self.account_id))

    @property
    def is_loopback(self) -> bool:
        """True where the address is this machine's own."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_tls(self) -> bool:
        """True where the address is https."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def host(self) -> str:
        """The name or the address of the machine."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that was given."""
        return tuple(each for each in (self.api_key, self.other_api_key, self.inactive_api_key) if each)


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading the port is what checks it
    except ValueError as error:
        raise BadTargetError(f"{url} is no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadTargetError(
            f"{url} is no http or https URL: give one such as http://127.0.0.1:8080{BASE_PATH}"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise BadTargetError("the base URL has no user, query or fragment: give the address alone")
    if not parts.path.endswith(BASE_PATH):
        raise BadTargetError(
            f"{url} does not end in {BASE_PATH}: give {parts.scheme}://{parts.netloc}{BASE_PATH}"
        )


def _account_id(text: str) -> str:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        raise BadTargetError(f"--account-id {text!r} is no account's id: give the id, a UUID") from None


def _check_key(name: str, key: str | None) -> None:
    if key is None and name != "api_key":
        return
    if not key:
        option = name.replace("_", "-")
        raise BadTargetError(
            f"the {name.replace('_', ' ')} is missing: give --{option} or set WORKERKIT_{name.upper()}"
        )
    if not key.isascii() or not key.isprintable() or key != key.strip():
        raise BadTargetError(f"{name} is no key: give printable ASCII without spaces around it")
