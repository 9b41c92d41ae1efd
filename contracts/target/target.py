"""The server under test, with its address and its keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from workerkit.mockserver.http.host_name import is_loopback
from workerkit.openapi.errors import UsageError
from workerkit.openapi.spec.api import worker_api


class BadTargetError(UsageError, ValueError):
    """The address, a key or the account id is not valid. The text says what to give instead."""


@dataclass(frozen=True, slots=True)
class Target:
    """The server under test. Raises BadTargetError for a value that is not valid.

    base_url: the address of the API. It ends in `/api/v1/worker`.
    api_key: the key that the run sends by default.
    other_api_key: the key of another server, to test what one server may do with another server's tasks.
    inactive_api_key: the key of a server that is neither online nor active.
    account_id: the id of an account that belongs to a task of the server of `api_key`. No answer of the API
        shows account ids.
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
                    f"--{name.replace('_', '-')} is the same as --api-key: give the key of another server"
                )
        if self.account_id is not None:
            object.__setattr__(self, "account_id", _account_id(self.account_id))

    @property
    def is_loopback(self) -> bool:
        """True if the host is a name or an address of this machine, for example `localhost` or `::1`."""
        return is_loopback(self.host)

    @property
    def is_tls(self) -> bool:
        """True if the address begins with https."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def host(self) -> str:
        """The host name or IP address in the base URL."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys that the target has."""
        return tuple(filter(None, (self.api_key, self.other_api_key, self.inactive_api_key)))


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - urllib checks the port when it is read
    except ValueError as error:
        raise BadTargetError(f"{url} is not a valid URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadTargetError(
            f"{url} is not an http or https URL: give a URL like http://127.0.0.1:8080{worker_api().base_path}"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise BadTargetError("the base URL must not have a user, a query or a fragment: leave them out")
    base_path = worker_api().base_path
    if not parts.path.endswith(base_path):
        raise BadTargetError(
            f"{url} does not end in {base_path}: give {parts.scheme}://{parts.netloc}{base_path}"
        )


def _account_id(text: str) -> str:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        raise BadTargetError(f"--account-id {text!r} is not an account id: give a UUID") from None


def _check_key(name: str, key: str | None) -> None:
    if key is None and name != "api_key":
        return
    if not key:
        option = name.replace("_", "-")
        raise BadTargetError(
            f"the {name.replace('_', ' ')} is missing: give --{option} or set WORKERKIT_{name.upper()}"
        )
    if not key.isascii() or not key.isprintable() or key != key.strip():
        raise BadTargetError(
            f"{name} is not a valid key: give printable ASCII without spaces at the beginning or end"
        )
