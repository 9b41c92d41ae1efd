"""Why no answer came, in words that say what to do."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3.exceptions

from workerkit.contracts.target.target import Target
from workerkit.mockserver.http.trusted_certificates import TRUSTED
from workerkit.openapi.errors import WorkerkitError

# What sending a request and reading its answer may raise, whatever the target does.
FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    # A port, a label or a header that only the sending finds out to be wrong.
    ValueError,
)


class NoAnswerError(WorkerkitError, requests.ConnectionError):
    """The target gave no whole answer; the text says why, in the middle of a sentence."""


def no_answer(error: BaseException, target: Target, patience: float) -> NoAnswerError:
    """What an error of sending means, for people. Secrets that the error quotes are in it still."""
    # With a proxy on the way, it is the proxy that was not reached.
    causes = sorted(_causes(error), key=lambda each: not isinstance(each, urllib3.exceptions.ProxyError))
    for cause in causes:
        words = _words(cause, target, patience)
        if words is not None:
            return NoAnswerError(words)
    return NoAnswerError(" ".join(str(error).split()) or type(error).__name__)


def too_long(most: int) -> NoAnswerError:
    """The answer does not seem to end."""
    return NoAnswerError(f"the answer has more than {most // 2**20} MiB, and was not read further")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error with what is behind it, the innermost first."""
    seen: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue:
        each = queue.pop(0)
        if each is None or any(each is one for one in seen):
            continue
        seen.append(each)
        inner = [getattr(each, "reason", None), *each.args, each.__cause__, each.__context__]
        queue += [one for one in inner if isinstance(one, BaseException)]
    yield from reversed(seen)


def _words(cause: BaseException, target: Target, patience: float) -> str | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({cause.verify_message.rstrip('.')}): if a private "
            f"authority has signed it, name the file with that one's certificate: {TRUSTED[0]}=FILE"
        )
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
        return f"it speaks no TLS that is understood here ({cause.reason or cause}): is it http://?"
    if isinstance(cause, socket.gaierror):
        return f"the name {target.host} is not known: is it spelt right, and does it need a VPN?"
    if isinstance(cause, urllib3.exceptions.ProxyError):
        return f"the proxy did not let it through: {_last(cause)}"
    if isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError):
        return f"no whole answer came within {patience:g} s"
    if isinstance(cause, http.client.RemoteDisconnected | ssl.SSLEOFError | ConnectionResetError):
        return "the connection was closed before an answer came"
    if isinstance(cause, http.client.BadStatusLine):
        return "what came is no HTTP"
    if isinstance(cause, http.client.HTTPException | urllib3.exceptions.DecodeError):
        return f"the answer was broken off or is no sound HTTP ({type(cause).__name__})"
    if isinstance(cause, ConnectionRefusedError):
        return "the connection was refused: is it running, on this port?"
    if isinstance(cause, OSError) and cause.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return "there is no way to its network from here"
    return None


def _last(error: urllib3.exceptions.ProxyError) -> str:
    return " ".join(str(error.original_error).split())
