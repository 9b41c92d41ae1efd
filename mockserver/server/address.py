"""The address of a mock for workers that run elsewhere, for example in containers."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from workerkit.mockserver.http.host_name import canonical_host
from workerkit.openapi.errors import UsageError

_LOCAL = "127.0.0.1"
_ALL_ADDRESSES = ("0.0.0.0", "::")
_HOST_NAME = re.compile(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+", re.ASCII)


class UnusableAddressError(UsageError, ValueError):
    """A worker could not use this address. The message says why, and what to write."""


@dataclass(frozen=True, slots=True)
class MockAddress:
    """Where a mock listens, and the URL at which workers reach it.

    host: the address to listen on.
    public_url: the URL of the mock for workers, for example `http://host.docker.internal`. If it has a port,
        the mock listens on this port. If not, the mock takes a free port and adds it to the URL. None if
        workers use `host`.

    Raises UnusableAddressError.
    """

    host: str = _LOCAL
    public_url: str | None = None

    def __post_init__(self) -> None:
        if self.public_url is not None:
            _check_url(self.public_url)
        elif canonical_host(self.host) in _ALL_ADDRESSES:
            raise UnusableAddressError(
                f"a worker cannot send requests to {self.host}: give the URL at which it reaches this "
                "machine, for example --public-url http://host.docker.internal. "
                "More: workerkit docs how-to/containers"
            )

    @property
    def port(self) -> int:
        """The port to listen on; 0 for a free one."""
        return (self._url.port or 0) if self.public_url is not None else 0

    @property
    def names(self) -> tuple[str, ...]:
        """The host names and addresses that a certificate of the mock needs."""
        public = () if self.public_url is None else (str(self._url.hostname),)
        return (self.host, *public)

    def new_token(self) -> str | None:
        """A control token that nobody gets, so the control plane is closed. None if the address is local.

        At any other address than the usual one, the worker may be a program that must not change the mock.
        """
        return None if self == MockAddress() else secrets.token_urlsafe()

    def check_scheme(self, *, is_tls: bool) -> None:
        """Raises UnusableAddressError if the public URL is not of the scheme, http or https, of the mock."""
        needed = "https" if is_tls else "http"
        if self.public_url is not None and self._url.scheme != needed:
            advice = "write https" if is_tls else "write http, or add --tls"
            raise UnusableAddressError(
                f"the mock answers with {needed}, but --public-url is {self.public_url}: {advice}"
            )

    def origin(self, port: int) -> str | None:
        """The public URL with scheme, host and port. None if there is no public URL."""
        if self.public_url is None:
            return None
        host = str(self._url.hostname)
        return f"{self._url.scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def _url(self) -> SplitResult:
        return urlsplit(self.public_url or "")


def _check_url(text: str) -> None:
    problem = _problem(text)
    if problem is not None:
        raise UnusableAddressError(
            f"--public-url {text!r} {problem}: write, for example, http://host.docker.internal. "
            "More: workerkit docs how-to/containers"
        )


def _problem(text: str) -> str | None:
    try:
        url = urlsplit(text)
        port, host = url.port, url.hostname
    except ValueError as error:
        return f"is no URL ({error})"
    if url.scheme not in ("http", "https"):
        return "does not begin with http:// or https://"
    if host is None or not _HOST_NAME.fullmatch(host) or "@" in url.netloc:
        return "has no host name that a worker can use"
    if port == 0:
        return "has the port 0"
    if url.path.strip("/") or url.query or url.fragment:
        return "has a path, but the paths of the API are always the same"
    return None
