"""Texts for people: why no answer came, and what to do."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3.exceptions

from workerkit.contracts.target.target import Target
from workerkit.mockserver.http.trusted_certificates import CERTIFICATE_VARIABLES
from workerkit.openapi.errors import WorkerkitError

# All errors that can happen while a request is sent and its answer is read.
SENDING_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    # A wrong port, host name or header is sometimes found only during sending.
    ValueError,
)


class NoAnswerError(WorkerkitError, requests.ConnectionError):
    """The target gave no complete answer. The text is the reason, without a full stop."""


def no_answer_error(error: BaseException, target: Target, patience: float) -> NoAnswerError:
    """The error with a text for people. Secrets in the original error are not masked."""
    # A ProxyError comes first, because its text says that the proxy failed. The text of its cause does not.
    causes = sorted(_causes(error), key=lambda cause: not isinstance(cause, urllib3.exceptions.ProxyError))
    for cause in causes:
        text = _text(cause, target, patience)
        if text is not None:
            return NoAnswerError(text)
    return NoAnswerError(" ".join(str(error).split()) or type(error).__name__)


def answer_too_long_error(most: int) -> NoAnswerError:
    """The error for an answer that is longer than `most` bytes."""
    return NoAnswerError(f"the answer has more than {most // 2**20} MiB; the rest was not read")


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
        return (
            f"the certificate of {target.host} is not trusted ({cause.verify_message.rstrip('.')}): if a "
            "private authority signed it, give the file with the authority's certificate: "
            f"{CERTIFICATE_VARIABLES[0]}=FILE"
        )
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
        return (
            f"the TLS handshake failed ({cause.reason or cause}): if the server does not use TLS, write "
            "http:// instead of https://"
        )
    if isinstance(cause, socket.gaierror):
        return f"the name {target.host} is not known: check the spelling, and whether you need a VPN"
    if isinstance(cause, urllib3.exceptions.ProxyError):
        return f"the proxy did not pass the request on: {_proxy_error(cause)}"
    if isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError):
        return f"no complete answer came within {patience:g} s"
    if isinstance(cause, http.client.RemoteDisconnected | ssl.SSLEOFError | ConnectionResetError):
        return "the connection was closed before an answer came"
    if isinstance(cause, http.client.BadStatusLine):
        return "the answer is not HTTP"
    if isinstance(cause, http.client.HTTPException | urllib3.exceptions.DecodeError):
        return f"the answer is incomplete or not valid HTTP ({type(cause).__name__})"
    if isinstance(cause, ConnectionRefusedError):
        return "the connection was refused: check that the server is running and that the port is right"
    if isinstance(cause, OSError) and cause.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return f"this machine has no route to the network of {target.host}"
    return None


def _proxy_error(error: urllib3.exceptions.ProxyError) -> str:
    return " ".join(str(error.original_error).split())
