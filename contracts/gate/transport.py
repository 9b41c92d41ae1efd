"""The connections to the target. Answers have a time limit and a size limit."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import INTERNAL_SERVER_ERROR, SWITCHING_PROTOCOLS, HTTPResponse, parse_headers
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
    is_closed,
    no_answer_error,
)
from workerkit.contracts.target.target import Target
from workerkit.mockserver.http.trusted_certificates import tls_context

MOST_ANSWER_BYTES = 32 * 2**20
_PIECE_BYTES = 2**16
_MOST_CONNECTIONS = 16
# The methods that change nothing (RFC 9110, 9.2.1).
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class _Attempt:
    """One try to send a request.

    seconds_left: how many seconds this thread may still wait for the answer.
    needs_new_connection: True if the request must not use a kept connection.
    is_on_kept_connection: True if an earlier request has used the connection.
    has_answer: True as soon as one byte of an answer has come.
    """

    seconds_left: Callable[[], float]
    needs_new_connection: bool
    is_on_kept_connection: bool = False
    has_answer: bool = False

    @property
    def may_be_unread(self) -> bool:
        """True if the server may have closed the connection before it read the request."""
        return self.is_on_kept_connection and not self.has_answer


# The try of this thread.
_current_attempt: ContextVar[_Attempt] = ContextVar("_current_attempt")


class Transport:
    """Sends requests to the target's address.

    A request to a target on this machine does not go through a proxy. A proxy on another machine would look
    for the target there.

    A server may close a kept connection at any time, and the client cannot see whether the server has read a
    request that was on its way. So only a GET goes over a kept connection. If the connection is closed before
    the first byte of an answer, the GET is sent again on a new connection. Every request that may change
    something goes over a new connection, so that it is never sent twice without need. No request is sent
    again after it failed on a new connection.

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
        attempt = _Attempt(lambda: until - self._steady(), str(request.method) not in _SAFE_METHODS)
        try:
            try:
                return self._complete_answer(request, attempt)
            except SENDING_ERRORS as error:
                if not (attempt.may_be_unread and is_closed(error)):
                    raise
            return self._complete_answer(request, _Attempt(attempt.seconds_left, True))
        except NoAnswerError:
            raise
        except SENDING_ERRORS as error:
            raise no_answer_error(error, self._target, self._patience) from error

    def close(self) -> None:
        """Closes all connections."""
        self._http.close()

    def _complete_answer(self, request: requests.PreparedRequest, attempt: _Attempt) -> requests.Response:
        token = _current_attempt.set(attempt)
        try:
            return self._answer(request)
        finally:
            _current_attempt.reset(token)

    def _answer(self, request: requests.PreparedRequest) -> requests.Response:
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


class _TimeLimitedStream(io.RawIOBase):
    """The bytes of one answer, read from a socket. Raises TimeoutError when the time for the answer is over.

    A plain socket timeout starts again with every byte, so a slow answer could take hours.
    """

    def __init__(self, connection: socket.socket, attempt: _Attempt) -> None:
        self._socket = connection
        self._raw = connection.makefile("rb", buffering=0)
        self._attempt = attempt

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        seconds = self._attempt.seconds_left()
        if seconds <= 0:
            raise TimeoutError
        self._socket.settimeout(seconds)
        count = self._raw.readinto(buffer)
        self._attempt.has_answer = self._attempt.has_answer or bool(count)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimeLimitedSocket:
    """The part of a socket that HTTPResponse uses. Its stream has a time limit."""

    def __init__(self, connection: socket.socket, attempt: _Attempt) -> None:
        self._socket = connection
        self._attempt = attempt

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimeLimitedStream(self._socket, self._attempt))


class _FinalResponse(HTTPResponse):
    """The final answer. Python itself skips only interim answers with status 100, and not for example 103."""

    def begin(self) -> None:
        super().begin()
        if self.status >= INTERNAL_SERVER_ERROR or self.status == SWITCHING_PROTOCOLS:
            # Many servers close the connection after an error, without the header `Connection: close`.
            self.will_close = True

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            status_line: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if not SWITCHING_PROTOCOLS < status_line[1] < 200:
                return status_line
            parse_headers(self.fp)


def _time_limited_response(connection: socket.socket, **options: Any) -> HTTPResponse:
    # HTTPResponse only calls `makefile`, so _TimeLimitedSocket is enough.
    limited = _TimeLimitedSocket(connection, _current_attempt.get())
    return _FinalResponse(cast(socket.socket, limited), **options)


class _Connection(HTTPConnection):
    response_class = staticmethod(_time_limited_response)  # type: ignore[assignment]


class _TlsConnection(HTTPSConnection):
    response_class = staticmethod(_time_limited_response)  # type: ignore[assignment]


class _PoolOfAttempts(HTTPConnectionPool):
    """Opens a new connection if the attempt needs one, and notes whether the connection is a kept one."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        attempt = _current_attempt.get()
        if attempt.needs_new_connection:
            connection.close()
        attempt.is_on_kept_connection = not connection.is_closed
        return connection


class _ConnectionPool(_PoolOfAttempts):
    ConnectionCls = _Connection


class _TlsConnectionPool(_PoolOfAttempts, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _ConnectionPool, "https": _TlsConnectionPool}


class _Adapter(HTTPAdapter):
    def __init__(self, trust: ssl.SSLContext | None, *, pool_maxsize: int) -> None:
        self._trust = trust
        super().__init__(pool_maxsize=pool_maxsize)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(*args, ssl_context=self._trust, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def close(self) -> None:
        # The library closes the connections of a pool only when Python frees the pool.
        managers: list[Any] = [self.poolmanager, *self.proxy_manager.values()]
        for manager in managers:
            for key in manager.pools.keys():  # noqa: SIM118 - a pool container cannot be iterated
                manager.pools[key].close()
        super().close()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._trust, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS
