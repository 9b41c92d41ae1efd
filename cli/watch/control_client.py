"""Calls the control plane of a running mock, and reads its events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

from workerkit.openapi.errors import CannotRunError, UsageError
from workerkit.openapi.spec.api import control_api

_SECONDS_TO_ANSWER = 30.0  # the event stream sends something at least every 15 seconds
_PORTS = {"http": 80, "https": 443}


class MockAddressError(UsageError, ValueError):
    """The address is no URL of a mock."""


class TokenRefusedError(UsageError):
    """The mock needs a control token, or refuses the given one."""


class MockSilentError(CannotRunError, OSError):
    """Nobody answers at the address, or not as the control plane of a mock does."""


class NoSuchWorldError(CannotRunError):
    """The mock does not have the world, for example because it was removed."""


class ControlClient:
    """A client of one mock.

    url: the address of the mock. Its path does not matter: the address of the Worker API does, too.
    token: the control token; None if the mock needs none.

    Raises MockAddressError. All methods raise MockSilentError, TokenRefusedError and NoSuchWorldError.
    """

    def __init__(self, url: str, token: str | None) -> None:
        self._scheme, self._host, self._port = _origin_of(url)
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._has_token = token is not None

    @property
    def address(self) -> str:
        """The address of the mock, for people."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{self._scheme}://{host}:{self._port}"

    def worlds(self) -> list[str]:
        """The names of all worlds."""
        names: list[str] = self._call("/health")["worlds"]
        return names

    def state(self, world: str) -> Any:
        """The state of a world."""
        return self._call(f"/worlds/{quote(world, '')}")

    def verdict(self, world: str) -> Any:
        """The verdict on a world with a scenario, so far."""
        return self._call(f"/worlds/{quote(world, '')}/verdict")

    def exchanges(self, world: str, after: int) -> list[Any]:
        """The exchanges of a world after a number that are kept."""
        exchanges: list[Any] = self._call(f"/worlds/{quote(world, '')}/journal?after={after}")["exchanges"]
        return exchanges

    def events(self, world: str) -> Iterator[tuple[str, Any]]:
        """Yields the kind and the data of each event. The first has the kind `listening`.

        It ends with MockSilentError when the mock ends.
        """
        with self._answer(f"/events?world={quote(world, '')}") as answer:
            fields: dict[str, str] = {}
            while line := _line_of(answer, self.address):
                name, _, value = line.decode().rstrip("\r\n").partition(": ")
                if value:
                    fields[name] = value
                elif "data" in fields:
                    yield fields["event"], json.loads(fields["data"])
                    fields = {}
                elif fields.pop("", None) == "listening":
                    yield "listening", None
        raise MockSilentError(f"the mock at {self.address} has ended")

    def _call(self, path: str) -> Any:
        with self._answer(path) as answer:
            return json.loads(_all_of(answer, self.address))

    @contextmanager
    def _answer(self, path: str) -> Iterator[HTTPResponse]:
        connection_class = HTTPSConnection if self._scheme == "https" else HTTPConnection
        connection = connection_class(self._host, self._port, timeout=_SECONDS_TO_ANSWER)
        try:
            try:
                connection.request("GET", control_api().base_path + path, headers=self._headers)
                answer = connection.getresponse()
            except (OSError, HTTPException) as error:
                reason = getattr(error, "strerror", None) or str(error) or repr(error)
                raise MockSilentError(
                    f"no mock answers at {self.address}: {reason}. To start one: workerkit serve"
                ) from None
            self._check(answer)
            yield answer
        finally:
            connection.close()

    def _check(self, answer: HTTPResponse) -> None:
        if answer.status == 401:
            given = "refuses the given control token" if self._has_token else "needs a control token"
            raise TokenRefusedError(
                f"the mock at {self.address} {given}: give its token with --control-token-file FILE. "
                "More: workerkit docs reference/mock"
            )
        kind = answer.headers.get_content_type()
        if kind not in ("application/json", "text/event-stream"):
            raise MockSilentError(
                f"{self.address} is not a mock of workerkit: it answered {answer.status} with {kind}"
            )
        if answer.status == 404:
            raise NoSuchWorldError(f"the mock at {self.address} does not have this world")
        if answer.status != 200:
            raise MockSilentError(f"the mock at {self.address} answered {answer.status}")


def _origin_of(url: str) -> tuple[str, str, int]:
    """The scheme, the host and the port of a URL. Without a scheme it is http."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port
    except ValueError as error:
        raise MockAddressError(f"{url} is no address: {error}") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise MockAddressError(f"{url} is no address of a mock: write, for example, http://127.0.0.1:8080")
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _line_of(answer: HTTPResponse, address: str) -> bytes:
    try:
        return answer.readline()
    except (OSError, HTTPException):
        raise MockSilentError(f"the connection to the mock at {address} was lost") from None


def _all_of(answer: HTTPResponse, address: str) -> bytes:
    try:
        return answer.read()
    except (OSError, HTTPException):
        raise MockSilentError(f"the connection to the mock at {address} was lost") from None
