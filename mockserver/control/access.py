"""Decides who may use the control plane: this machine or, if there is a token, everybody who has the token.

Web pages of other sites may never use it.
"""

from __future__ import annotations

import re
from secrets import compare_digest
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from workerkit.mockserver.http.answer import json_answer
from workerkit.mockserver.http.host_name import canonical_host, is_loopback
from workerkit.openapi.errors import UsageError

_ALL_ADDRESSES = ("0.0.0.0", "::")
_ALLOWED_FETCH_SITES = (None, "same-origin", "none")
_HOST = re.compile(r"(?P<name>[\w.-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{0,5}))?", re.ASCII)
_HIGHEST_PORT = 65535
_MIN_TOKEN_LENGTH = 16
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")


class UnfitTokenError(UsageError, ValueError):
    """The control token is too easy to guess, or cannot be sent in a header. The message does not show it."""


def checked_token(token: str | None) -> str | None:
    """Returns the control token unchanged. None means that there is no token. Raises UnfitTokenError.

    An empty text is an error: the user wanted a token.
    """
    problem = None if token is None else _token_problem(token)
    if problem is not None:
        raise UnfitTokenError(
            f"the control token {problem}. Use for example the output of `openssl rand -hex 16`"
        )
    return token


def _token_problem(token: str) -> str | None:
    if not token.strip():
        return "has only spaces" if token else "is empty"
    if len(token) < _MIN_TOKEN_LENGTH:
        return f"is too short: it has {len(token)} characters and needs at least {_MIN_TOKEN_LENGTH}"
    if not _HEADER_VALUE.fullmatch(token):
        return (
            "cannot be sent in a header: use ASCII letters, digits and punctuation, and spaces between them"
        )
    return None


class HostHeader(NamedTuple):
    """A valid Host header.

    name: the host in lower case; an IPv6 address without brackets.
    text: the whole header in lower case, with the port if it has one. It can be part of a URL.
    """

    name: str
    text: str


def host_header(headers: Headers) -> HostHeader | None:
    """The Host header of a request. None if it is missing, occurs twice or is not valid."""
    hosts = headers.getlist("host")
    match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if match is None or int(match["port"] or 0) > _HIGHEST_PORT:
        return None
    return HostHeader(match["name"].strip("[]").lower(), match[0].lower())


def is_from_other_site(headers: Headers) -> bool:
    """Whether a web page of another site sent the request, or led the browser here."""
    return headers.get("sec-fetch-site") not in _ALLOWED_FETCH_SITES or _has_foreign_origin(headers)


def is_from_this_machine(scope: Scope) -> bool:
    """Whether the client of a request is on this machine."""
    client = scope.get("client")
    return client is not None and is_loopback(client[0])


class AccessControl:
    """ASGI middleware that answers forbidden requests and passes the other requests on.

    app: gets the allowed requests.
    host: the address that the mock listens on.
    token: the control token. With a token, requests from everywhere are allowed if they have the token.
        None: only requests from this machine are allowed.

    Raises UnfitTokenError.
    """

    def __init__(self, app: ASGIApp, *, host: str, token: str | None) -> None:
        self._app = app
        self._host = canonical_host(host)
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
        host = host_header(headers)
        if host is None or not (is_loopback(host.name) or self._is_this_mock(host.name)):
            return 403, "forbidden", "the Host header has to name this mock"
        if is_from_other_site(headers):
            return 403, "forbidden", "web pages of other sites may not use the control plane"
        if self._token is not None:
            if self._has_token(headers):
                return None
            return 401, "unauthorized", "send the control token in the header `Authorization: Bearer TOKEN`"
        if not is_from_this_machine(scope):
            return (
                403,
                "forbidden",
                "only this machine may use the control plane; allow others with --control-token-file",
            )
        return None

    def _is_this_mock(self, host: str) -> bool:
        # A mock that listens on all addresses can be reached by many names. So each name is allowed if there
        # is a token. This is safe, because web pages of other sites do not know the token.
        return host == self._host or (self._host in _ALL_ADDRESSES and self._token is not None)

    def _has_token(self, headers: Headers) -> bool:
        sent_bytes = headers.get("authorization", "").encode("latin-1")
        return compare_digest(sent_bytes, f"Bearer {self._token}".encode("ascii"))


def _has_foreign_origin(headers: Headers) -> bool:
    origins = headers.getlist("origin")
    return any(origin.partition("://")[2] != headers.get("host") for origin in origins)
