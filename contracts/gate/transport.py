"""The connections to the target. Answers have a time limit and a size limit."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3 import ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from workerkit.contracts.gate.no_answer import (
    SENDING_ERRORS,
    NoAnswerError,
    answer_too_long_error,
    no_answer_error,
)
from workerkit.contracts.target.target import Target
from workerkit.mockserver.http.trusted_certificates import tls_context

MOST_ANSWER_BYTES = 32 * 2**20
_PIECE_BYTES = 2**16
_MOST_CONNECTIONS = 16


class Transport:
    """Sends requests to the target's address.

    A request to a target on this machine does not go through a proxy. A proxy on another machine would look
    for the target there.

    patience: how long one complete answer may take, in seconds.
    """

    def __init__(self, target: Target, patience: float, steady: Callable[[], float]) -> None:
        self._target = target
        self._patience = patience
        self._steady = steady
        self._http = _Adapter(tls_context() if target.is_tls else None, pool_maxsize=_MOST_CONNECTIONS)
        self._proxies = {} if target.is_loopback else requests.utils.get_environ_proxies(target.base_url)

    def fetch(self, request: requests.PreparedRequest) -> requests.Response:
        """The complete answer to a request. Raises NoAnswerError."""
        until = self._steady() + self._patience
        token = _seconds_left.set(lambda: until - self._steady())
        try:
            return self._complete_answer(request)
        except NoAnswerError:
            raise
        except SENDING_ERRORS as error:
            raise no_answer_error(error, self._target, self._patience) from error
        finally:
            _seconds_left.reset(token)

    def close(self) -> None:
        """Closes all connections."""
        self._http.close()

    def _complete_answer(self, request: requests.PreparedRequest) -> requests.Response:
        response = self._http.send(request, stream=True, timeout=self._patience, proxies=self._proxies)
        try:
            response._content = b"".join(self._pieces(response))
        except BaseException:
            # The rest of the answer is still on this connection. The next answer must not begin with it.
            response.raw.close()
            raise
        response.raw.release_conn()
        return response

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        size = 0
        while piece := response.raw.read1(_PIECE_BYTES, decode_content=True):
            yield piece
            size += len(piece)
            if size > MOST_ANSWER_BYTES:
                raise answer_too_long_error(MOST_ANSWER_BYTES)


# How many seconds this thread may still wait for its answer.
_seconds_left: ContextVar[Callable[[], float]] = ContextVar("_seconds_left")


class _TimeLimitedStream(io.RawIOBase):
    """The bytes of one answer, read from a socket. Raises TimeoutError when the time for the answer is over.

    A plain socket timeout starts again with every byte, so a slow answer would never end.
    """

    def __init__(self, connection: socket.socket, seconds_left: Callable[[], float]) -> None:
        self._socket = connection
        self._raw = connection.makefile("rb", buffering=0)
        self._seconds_left = seconds_left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        seconds = self._seconds_left()
        if seconds <= 0:
            raise TimeoutError
        self._socket.settimeout(seconds)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimeLimitedSocket:
    """The part of a socket that HTTPResponse uses. Its stream has a time limit."""

    def __init__(self, connection: socket.socket, seconds_left: Callable[[], float]) -> None:
        self._socket = connection
        self._seconds_left = seconds_left

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimeLimitedStream(self._socket, self._seconds_left))


def _time_limited_response(connection: socket.socket, **options: Any) -> HTTPResponse:
    # HTTPResponse only calls `makefile`, so _TimeLimitedSocket is enough.
    return HTTPResponse(cast(socket.socket, _TimeLimitedSocket(connection, _seconds_left.get())), **options)


class _Connection(HTTPConnection):
    response_class = staticmethod(_time_limited_response)  # type: ignore[assignment]


class _TlsConnection(HTTPSConnection):
    response_class = staticmethod(_time_limited_response)  # type: ignore[assignment]


class _ConnectionPool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsConnectionPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def __init__(self, trust: ssl.SSLContext | None, *, pool_maxsize: int) -> None:
        self._trust = trust
        super().__init__(pool_maxsize=pool_maxsize)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(*args, ssl_context=self._trust, **kwargs)
        return manager

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._trust, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _ConnectionPool, "https": _TlsConnectionPool}
