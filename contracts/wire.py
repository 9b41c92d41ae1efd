"""The gate: the one place where a run's requests leave, below everything that sends."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from threading import Lock
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from workerkit.contracts.clock import Clock
from workerkit.contracts.plan import Plan, Writes
from workerkit.contracts.target import BASE_PATH, Target
from workerkit.openapi.api import Api, UnknownPath, WrongMethod
from workerkit.openapi.exchange import Exchange, Headers

_SCHEME = "http+gate"
GATE_URL = f"{_SCHEME}://target{BASE_PATH}"
# So that urljoin keeps the scheme; the lists are made to be added to.
urllib.parse.uses_relative.append(_SCHEME)
urllib.parse.uses_netloc.append(_SCHEME)
KEY_HEADER = "X-API-Key"
TOO_MANY_REQUESTS = 429
INTERRUPTED = "the run was interrupted"
_UNANSWERED_IN_A_ROW = 3
_NOT_SENT = ("X-Schemathesis-TestCaseId",)
_USER_AGENT = "workerkit-conform"


class Withheld(requests.RequestException):
    """The request was not sent, because the writes mode does not allow it."""


class Ended(requests.RequestException):
    """The request was not sent, because the run is over; the text says why."""


Watcher = Callable[[Exchange], None]


class Gate(BaseAdapter):
    """Sends what the plan allows to the target, and records it.

    Whoever sends knows GATE_URL only, which nothing but this adapter can open; so what does not pass here
    does not reach the target. `exchanges` are those so far, in order; `ended` says why nothing more is sent,
    or is None. `send` raises Withheld, Ended, and the errors of requests where no answer came.
    """

    def __init__(self, target: Target, plan: Plan, api: Api, *, clock: Clock, watcher: Watcher) -> None:
        super().__init__()
        self.exchanges: list[Exchange] = []
        self.withheld: list[str] = []
        self.ended: str | None = None
        self._target = target
        self._base_path = urllib.parse.urlsplit(target.base_url).path
        self._plan = plan
        self._api = api
        self._clock = clock
        self._watcher = watcher
        self._http = HTTPAdapter()
        self._proxies = requests.utils.get_environ_proxies(target.base_url)
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self._began = clock.steady()
        self._next_at = self._began
        self._unanswered = 0
        self._lock = Lock()

    def session(self) -> GatedSession:
        """A session whose every request goes through this gate."""
        return GatedSession(self)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The target's answer to a request for GATE_URL; its settings are the plan's, whoever sends."""
        with self._lock:
            self._readdress(request)
            self._refuse_what_may_not_leave(request)
            self._refuse_when_over()
            self._pace()
            return self._exchange(request)

    def close(self) -> None:
        """Closes the connections to the target."""
        self._http.close()

    def end(self, why: str) -> None:
        """Lets nothing more through; the first reason stands."""
        self.ended = self.ended or why

    def _readdress(self, request: requests.PreparedRequest) -> None:
        rest = str(request.url).removeprefix(GATE_URL)
        request.url = self._target.base_url + rest
        for name in _NOT_SENT:
            request.headers.pop(name, None)
        request.headers["User-Agent"] = _USER_AGENT

    def _refuse_what_may_not_leave(self, request: requests.PreparedRequest) -> None:
        if self._plan.writes is Writes.ALL or self._reads(request) or self._must_be_refused(request):
            return
        what = f"{request.method} {request.path_url}"
        self.withheld.append(what)
        raise Withheld(f"{what} is not sent with writes={self._plan.writes}", request=request)

    def _reads(self, request: requests.PreparedRequest) -> bool:
        path = urllib.parse.urlsplit(str(request.url)).path
        return request.method == "GET" and path == f"{self._base_path}/tasks"

    def _must_be_refused(self, request: requests.PreparedRequest) -> bool:
        key = dict(_headers(request.headers)).get(KEY_HEADER.lower(), "")
        return key.strip().lower() not in {each.lower() for each in self._target.keys}

    def _refuse_when_over(self) -> None:
        plan = self._plan
        if plan.max_requests is not None and len(self.exchanges) >= plan.max_requests:
            self.end(f"the run stopped at {plan.max_requests} requests")
        if plan.time_limit is not None and self._clock.steady() - self._began >= plan.time_limit:
            self.end(f"the run stopped after {plan.time_limit:g} s")
        if self.ended:
            raise Ended(self.ended)

    def _pace(self) -> None:
        if self._plan.rate is None:
            return
        now = self._clock.steady()
        if now < self._next_at:
            self._clock.wait(self._next_at - now)
        self._next_at = max(now, self._next_at) + 1 / self._plan.rate

    def _exchange(self, request: requests.PreparedRequest) -> requests.Response:
        began = self._clock.wall()
        try:
            response = self._answer(request)
        except requests.RequestException as error:
            self._record(request, None, began, str(error))
            raise
        self._record(request, response, began, "")
        return response

    def _answer(self, request: requests.PreparedRequest) -> requests.Response:
        response = self._http.send(
            request, timeout=self._plan.patience, verify=self._verify, proxies=self._proxies
        )
        response.content  # noqa: B018 - reads the body here, so that a broken one is an error of this request
        return response

    def _record(
        self, request: requests.PreparedRequest, response: requests.Response | None, began: float, why: str
    ) -> None:
        self._unanswered = 0 if response is not None else self._unanswered + 1
        if self._unanswered >= _UNANSWERED_IN_A_ROW:
            self.end(f"the target gave no answer {self._unanswered} times in a row: {why}")
        if response is not None and response.status_code == TOO_MANY_REQUESTS:
            self.end("the target answered 429, too many requests: give a lower --rate")
        exchange = self._as_exchange(request, response, began, why)
        self.exchanges.append(exchange)
        self._watcher(exchange)

    def _as_exchange(
        self, request: requests.PreparedRequest, response: requests.Response | None, began: float, why: str
    ) -> Exchange:
        parts = urllib.parse.urlsplit(str(request.url))
        path = parts.path[len(self._base_path) - len(BASE_PATH) :]
        return Exchange(
            number=len(self.exchanges) + 1,
            operation=self._operation(str(request.method), path),
            server=None,
            method=str(request.method),
            path=path,
            query=parts.query,
            request_headers=_headers(request.headers),
            request_body=_bytes(request.body),
            status=None if response is None else response.status_code,
            answer_headers=() if response is None else _headers(response.headers),
            answer_body=b"" if response is None else response.content,
            began=began,
            ended=self._clock.wall(),
            why=why,
        )

    def _operation(self, method: str, path: str) -> str | None:
        try:
            return self._api.match(method, path).operation.id
        except (UnknownPath, WrongMethod):
            return None


class GatedSession(requests.Session):
    """A session that can open nothing but GATE_URL, keeps no cookies and follows no redirect."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.adapters.clear()
        self.mount(f"{_SCHEME}://", gate)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: a redirect is an answer like any other."""
        return None


def _headers(headers: Mapping[str, Any]) -> Headers:
    return tuple((name.lower(), _text(value)) for name, value in headers.items())


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else bytes(body)
