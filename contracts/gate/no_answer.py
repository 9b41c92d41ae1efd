"""Missing answers: what the target may have done with the request, and texts for people."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from collections.abc import Iterator
from enum import StrEnum

import requests
import urllib3.exceptions

from workerkit.contracts.target.target import Target
from workerkit.mockserver.http.trusted_certificates import CERTIFICATE_VARIABLES
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.languages.phrase import phrase

# All errors that can happen while a request is sent and its answer is read.
SENDING_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    # A wrong port, host name or header is sometimes found only during sending.
    ValueError,
    # The size of a chunk in the answer can be a number of any length.
    OverflowError,
)
_CLOSED = (
    http.client.RemoteDisconnected,
    ConnectionResetError,
    ConnectionAbortedError,
    BrokenPipeError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)
_NOT_SENT = (
    socket.gaierror,
    urllib3.exceptions.ProxyError,
    ConnectionRefusedError,
    ssl.SSLCertVerificationError,
)
_NOT_HTTP = (http.client.HTTPException, urllib3.exceptions.DecodeError, OverflowError)
_BROKEN = (*_CLOSED, *_NOT_HTTP)


class NoAnswerKind(StrEnum):
    """What a missing answer says about the request.

    not_sent: there was no connection, so the target did not read the request.
    broken: the target ended the connection, or sent something that is not a complete HTTP answer.
    unknown: everything else, for example an answer that did not come in time.
    """

    NOT_SENT = "not-sent"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class NoAnswerError(WorkerkitError, requests.ConnectionError):
    """The target gave no complete answer. The text is the reason, without a full stop.

    kind: what the missing answer says about the request.
    """

    def __init__(self, why: str, kind: NoAnswerKind) -> None:
        super().__init__(why)
        self.kind = kind


def no_answer_error(error: BaseException, target: Target, patience: float) -> NoAnswerError:
    """The error with a text for people. Secrets in the original error are not masked."""
    # A ProxyError comes first, because its text says that the proxy failed. The text of its cause does not.
    causes = sorted(_causes(error), key=lambda cause: not isinstance(cause, urllib3.exceptions.ProxyError))
    for cause in causes:
        text = _text(cause, target, patience)
        if text is not None:
            return NoAnswerError(text, _kind(cause))
    text = " ".join(str(error).split()) or type(error).__name__
    return NoAnswerError(text, NoAnswerKind.UNKNOWN)


def answer_too_long_error(most: int) -> NoAnswerError:
    """The error for an answer that is longer than `most` bytes."""
    text = phrase("the answer has more than {most} MiB; the rest was not read", most=most // 2**20)
    return NoAnswerError(text, NoAnswerKind.UNKNOWN)


def is_closed(error: BaseException) -> bool:
    """True if the other side ended the connection."""
    return any(isinstance(cause, _CLOSED) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all errors that led to it. The original cause comes first."""
    found: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue:
        current = queue.pop(0)
        if current is None or any(current is known for known in found):
            continue
        found.append(current)
        inner = [getattr(current, "reason", None), *current.args, current.__cause__, current.__context__]
        queue += [cause for cause in inner if isinstance(cause, BaseException)]
    yield from reversed(found)


def _text(cause: BaseException, target: Target, patience: float) -> str | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return phrase(
            "the certificate of {host} is not trusted ({why}): if a private authority signed "
            "it, give the file with the authority's certificate: {variable}=FILE",
            host=target.host,
            why=cause.verify_message.rstrip("."),
            variable=CERTIFICATE_VARIABLES[0],
        )
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, _CLOSED):
        return phrase(
            "the TLS handshake failed ({why}): if the server does not use TLS, write http:// "
            "instead of https://",
            why=cause.reason or cause,
        )
    if isinstance(cause, socket.gaierror):
        return phrase(
            "the name {host} is not known: check the spelling, and whether you need a VPN", host=target.host
        )
    if isinstance(cause, urllib3.exceptions.ProxyError):
        return phrase("the proxy did not pass the request on: {error}", error=_proxy_error(cause))
    if isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError):
        return phrase("no complete answer came within {patience:g} s", patience=patience)
    if isinstance(cause, _CLOSED):
        return phrase("the connection was closed before an answer came")
    if isinstance(cause, http.client.BadStatusLine):
        return phrase("the answer is not HTTP")
    if isinstance(cause, _NOT_HTTP):
        return phrase("the answer is incomplete or not valid HTTP ({name})", name=type(cause).__name__)
    if isinstance(cause, ConnectionRefusedError):
        return phrase(
            "the connection was refused: check that the server is running and that the port is right"
        )
    if _has_no_route(cause):
        return phrase("this machine has no route to the network of {host}", host=target.host)
    return None


def _has_no_route(cause: BaseException) -> bool:
    return isinstance(cause, OSError) and cause.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH)


def _kind(cause: BaseException) -> NoAnswerKind:
    if isinstance(cause, _NOT_SENT) or _has_no_route(cause):
        return NoAnswerKind.NOT_SENT
    return NoAnswerKind.BROKEN if isinstance(cause, _BROKEN) else NoAnswerKind.UNKNOWN


def _proxy_error(error: urllib3.exceptions.ProxyError) -> str:
    return " ".join(str(error.original_error).split())
