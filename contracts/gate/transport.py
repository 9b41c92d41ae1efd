"""The connections to the target: one request, one whole answer, within bounds of time and size."""

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

from workerkit.contracts.gate.no_answer import FAILURES, NoAnswerError, no_answer, too_long
from workerkit.contracts.target.target import Target
from workerkit.mockserver.http.trusted_certificates import tls

MOST_BYTES = 32 * 2**20
_PIECE = 2**16
_MOST_LINES = 16


class Transport:
    """Sends requests as they are, to the target's address. `patience` is seconds for one whole answer.

    A target on this machine is never asked through a proxy, which would be asked for its own machine.
    """

    def __init__(self, target: Target, patience: float, steady: Callable[[], float]) -> None:
        self._target = target
        self._patience = patience
        self._steady = steady
        self._http = _Adapter(tls() if target.is_tls else None, pool_maxsize=_MOST_LINES)
        self._proxies = {} if target.is_loopback else requests.utils.get_environ_proxies(target.base_url)

    def fetch(self, request: requests.PreparedRequest) -> requests.Response:
        """The answer, with its body read. Raises NoAnswer."""
        until = self._steady() + self._patience
        token = _left.set(lambda: until - self._steady())
        try:
            return self._whole(request)
        except NoAnswerError:
            raise
        except FAILURES as error:
            raise no_answer(error, self._target, self._patience) from error
        finally:
            _left.reset(token)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _whole(self, request: requests.PreparedRequest) -> requests.Response:
        response = self._http.send(request, stream=True, timeout=self._patience, proxies=self._proxies)
        try:
            response._content = b"".join(self._pieces(response))
        except BaseException:
            # What is left of the answer would be read as the beginning of the next one.
            response.raw.close()
            raise
        response.raw.release_conn()
        return response

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        size = 0
        while piece := response.raw.read1(_PIECE, decode_content=True):
            yield piece
            size += len(piece)
            if size > MOST_BYTES:
                raise too_long(MOST_BYTES)


# Seconds that are left for the answer that this thread waits for.
_left: ContextVar[Callable[[], float]] = ContextVar("_left")


class _InTime(io.RawIOBase):
    """What a connection sends, as long as there is time; bytes that come one by one do not make more."""

    def __init__(self, line: socket.socket, left: Callable[[], float]) -> None:
        self._line = line
        self._raw = line.makefile("rb", buffering=0)
        self._left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._left()
        if left <= 0:
            raise TimeoutError
        self._line.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Timed:
    """A connection as an answer is read from it."""

    def __init__(self, line: socket.socket, left: Callable[[], float]) -> None:
        self._line = line
        self._left = left

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_InTime(self._line, self._left))


def _answer(line: socket.socket, **options: Any) -> HTTPResponse:
    # All that an answer does with its connection is to make a file of it.
    return HTTPResponse(cast(socket.socket, _Timed(line, _left.get())), **options)


class _Line(HTTPConnection):
    response_class = staticmethod(_answer)  # type: ignore[assignment]


class _SecureLine(HTTPSConnection):
    response_class = staticmethod(_answer)  # type: ignore[assignment]


class _Lines(HTTPConnectionPool):
    ConnectionCls = _Line


class _SecureLines(HTTPSConnectionPool):
    ConnectionCls = _SecureLine


class _Adapter(HTTPAdapter):
    def __init__(self, trust: ssl.SSLContext | None, *, pool_maxsize: int) -> None:
        self._trust = trust
        super().__init__(pool_maxsize=pool_maxsize)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(*args, ssl_context=self._trust, **kwargs)
        return manager

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._trust, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Lines, "https": _SecureLines}
