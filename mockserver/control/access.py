"""Who may use the control plane: this machine, or whoever has the token; never another site's web page."""

from __future__ import annotations

import re
from ipaddress import ip_address
from secrets import compare_digest

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from workerkit.mockserver.http.answer import json_answer
from workerkit.openapi.errors import UsageError

_ALL_ADDRESSES = ("0.0.0.0", "::")
_OWN_SITE = (None, "same-origin", "none")
_HOST = re.compile(r"(?P<name>[\w.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{0,5})?", re.ASCII)
_FEWEST_CHARACTERS = 16
_SENDABLE = re.compile(r"[!-~]([ -~]*[!-~])?")


class UnfitTokenError(UsageError, ValueError):
    """A control token could be guessed or could not be sent; the message says why, without the token."""


def checked_token(token: str | None) -> str | None:
    """The control token, or None where there is to be none. Raises UnfitTokenError.

    An empty text is no way to say that there is none: somebody meant to protect the control plane.
    """
    flaw = None if token is None else _flaw(token)
    if flaw is not None:
        raise UnfitTokenError(
            f"the control token {flaw}: take the output of `openssl rand -hex 16`, for example"
        )
    return token


def _flaw(token: str) -> str | None:
    if not token.strip():
        return "is blank" if token else "is empty"
    if len(token) < _FEWEST_CHARACTERS:
        return f"is too short, with {len(token)} of at least {_FEWEST_CHARACTERS} characters"
    if not _SENDABLE.fullmatch(token):
        return (
            "cannot be sent in a header, which takes ASCII letters, digits and signs, and blanks between them"
        )
    return None


def is_loopback(host: str) -> bool:
    """Whether a host name or address (without brackets) is this machine's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class AccessControl:
    """ASGI middleware. Without a token only this machine is let in; with one, whoever brings it.

    Raises UnfitTokenError.
    """

    def __init__(self, app: ASGIApp, *, host: str, token: str | None) -> None:
        self._app = app
        self._host = host.lower()
        self._token = checked_token(token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._problem(scope, Headers(scope=scope))
        if problem is None:
            await self._app(scope, receive, send)
        else:
            status, code, message = problem
            body = {"success": False, "error": code, "message": message}
            await json_answer(body, status).send(send)

    def _problem(self, scope: Scope, headers: Headers) -> tuple[int, str, str] | None:
        host = _single_host(headers)
        if host is None or not (is_loopback(host) or self._is_own(host)):
            return 403, "forbidden", "the Host header is not this mock's own"
        if headers.get("sec-fetch-site") not in _OWN_SITE or _foreign_origin(headers):
            return 403, "forbidden", "a web page of another site may not use the control plane"
        if self._token is not None:
            return (
                None
                if self._has_token(headers)
                else (401, "unauthorized", "send the control token as bearer")
            )
        client = scope.get("client")
        if client is None or not is_loopback(client[0]):
            return (
                403,
                "forbidden",
                "only this machine may: start the mock with --control-token to allow others",
            )
        return None

    def _is_own(self, host: str) -> bool:
        """A mock on all addresses is called by any of them; it has a token, which no strange page knows."""
        return host == self._host or (self._host in _ALL_ADDRESSES and self._token is not None)

    def _has_token(self, headers: Headers) -> bool:
        given = headers.get("authorization", "").encode("latin-1")  # the bytes that were sent
        return compare_digest(given, f"Bearer {self._token}".encode("ascii"))


def _single_host(headers: Headers) -> str | None:
    hosts = headers.getlist("host")
    if len(hosts) != 1:
        return None
    found = _HOST.fullmatch(hosts[0])
    return found["name"].strip("[]").lower() if found else None


def _foreign_origin(headers: Headers) -> bool:
    origins = headers.getlist("origin")
    return any(origin.partition("://")[2] != headers.get("host") for origin in origins)
