"""The gate: the one place where a run's requests leave, below everything that sends."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from http.cookiejar import DefaultCookiePolicy
from threading import Lock
from typing import Any

import requests
from requests.adapters import BaseAdapter

from workerkit.contracts.gate.no_answer import NoAnswerError
from workerkit.contracts.gate.pace import Pace
from workerkit.contracts.gate.transport import Transport
from workerkit.contracts.gate.write_policy import Draft, WritePolicy
from workerkit.contracts.target.plan import Plan
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import BASE_PATH, Target
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.spec.api import Api, UnknownPathError, WrongMethodError

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


class WithheldError(WorkerkitError, requests.RequestException):
    """The request was not sent, because the writes mode does not allow it."""


class RunEndedError(WorkerkitError, requests.RequestException):
    """The request was not sent, because the run is over; the text says why."""


class Cause(StrEnum):
    """Who ended a run before its time: a bound of the plan, the target, the person, or the kit itself."""

    BOUND = "bound"
    TARGET = "target"
    PERSON = "person"
    KIT = "kit"


Watcher = Callable[[Exchange], None]


class Gate(BaseAdapter):
    """Sends what the plan allows to the target, and records it.

    Whoever sends knows GATE_URL only, which nothing but this adapter can open; so what does not pass here
    does not reach the target. `exchanges` are those so far, in order; `broken_off` those that an interrupt
    cut short, of which nothing is known; `withheld` says what was not sent, which is a defect of whoever
    tried; `ended` says why nothing more is sent, and `cause` who is behind it, or both are None. `send`
    raises Withheld, Ended, and NoAnswer. Threads may send side by side.
    """

    def __init__(self, target: Target, plan: Plan, api: Api, *, clock: RunClock, watcher: Watcher) -> None:
        super().__init__()
        self.exchanges: list[Exchange] = []
        self.broken_off: list[Exchange] = []
        self.withheld: list[str] = []
        self.ended: str | None = None
        self.cause: Cause | None = None
        self.permit = WritePolicy(plan.writes)
        self._target = target
        self._base_path = urllib.parse.urlsplit(target.base_url).path
        self._plan = plan
        self._most = plan.most_of_its_own
        self._until = None if plan.time_limit is None else clock.steady() + plan.time_limit
        self._closed: str | None = None
        self._is_tidying = False
        self._sent = 0
        self._api = api
        self._clock = clock
        self._watcher = watcher
        self._outlet = Transport(target, plan.patience, clock.steady)
        self._pace = Pace(plan.rate, clock)
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
        return self._answered(request)[0]

    def deliver(self, request: requests.PreparedRequest) -> Exchange:
        """The exchange that a request for GATE_URL becomes, also where no answer comes.

        Raises Withheld and Ended.
        """
        try:
            return self._answered(request)[1]
        except _Unanswered as error:
            return error.exchange

    def may_leave(self, request: requests.PreparedRequest) -> bool:
        """True for a request for GATE_URL that `send` would not withhold."""
        return self.permit.refusal(_draft(request)) is None

    def admit(self, tasks: frozenset[str], request_ids: frozenset[str], account_ids: frozenset[str]) -> None:
        """Names what a sandbox consists of, by the ids in lower case."""
        self.permit = replace(self.permit, tasks=tasks, requests=request_ids, accounts=account_ids)

    def close(self) -> None:
        """Closes the connections to the target."""
        self._outlet.close()

    def end(self, why: str, cause: Cause) -> None:
        """Lets nothing more through; the first reason stands."""
        self._closed = self._closed or why
        if self.ended is None and not self._is_tidying:
            self.ended, self.cause = why, cause

    def reopen(self, *, requests: int, seconds: float) -> None:
        """Lets so many requests more through, for so long, however the run ended: to tidy up after it."""
        self._closed, self._is_tidying = None, True
        self._most = self._sent + requests
        self._until = self._clock.steady() + seconds
        self._unanswered = 0

    def _answered(self, request: requests.PreparedRequest) -> tuple[requests.Response, Exchange]:
        while True:
            with self._lock:
                self._refuse_what_may_not_leave(request)
                self._refuse_when_over()
                self._pace.keep()
                self._sent += 1
            response, exchange = self._exchange(request)
            if response.status_code != TOO_MANY_REQUESTS or not self._wait_as_told(response):
                return response, exchange

    def _refuse_what_may_not_leave(self, request: requests.PreparedRequest) -> None:
        draft = _draft(request)
        refusal = self.permit.refusal(draft)
        if refusal is not None:
            what = f"{draft.method} {draft.path}: {refusal}"
            self.withheld.append(what)
            raise WithheldError(what, request=request)

    def _refuse_when_over(self) -> None:
        if self._most is not None and self._sent >= self._most:
            self.end(f"the run stopped at {self._sent} requests, as --max-requests says", Cause.BOUND)
        if self._until is not None and self._clock.steady() >= self._until:
            self.end(
                f"the run stopped after {self._plan.time_limit or 0:g} s, as --time-limit says", Cause.BOUND
            )
        if self._closed:
            raise RunEndedError(self._closed)

    def _wait_as_told(self, response: requests.Response) -> bool:
        """True after the wait that an answer 429 asks for; False where the run ends instead."""
        why = self._pace.wait_as_told(response.headers.get("Retry-After"), self._until)
        if why is not None:
            self.end(f"the target answered 429, too many requests, {why}: give a lower --rate", Cause.TARGET)
        return why is None

    def _exchange(self, request: requests.PreparedRequest) -> tuple[requests.Response, Exchange]:
        sent = self._readdressed(request)
        began = self._clock.wall()
        try:
            response = self._outlet.fetch(sent)
        except NoAnswerError as error:
            exchange = self._record(request, None, began, str(error))
            raise _Unanswered(exchange) from error
        except KeyboardInterrupt:
            self.broken_off.append(self._as_exchange(_draft(request), None, began, INTERRUPTED))
            raise
        response.request = request
        return response, self._record(request, response, began, "")

    def _readdressed(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        sent = request.copy()
        sent.url = self._target.base_url + _below_the_gate(request)
        return sent

    def _record(
        self, request: requests.PreparedRequest, response: requests.Response | None, began: float, why: str
    ) -> Exchange:
        with self._lock:
            self._unanswered = 0 if response is not None else self._unanswered + 1
            if self._unanswered >= _UNANSWERED_IN_A_ROW:
                self.end(f"the target gave no answer {self._unanswered} times in a row: {why}", Cause.TARGET)
            exchange = self._as_exchange(_draft(request), response, began, why)
            self.exchanges.append(exchange)
        self._watcher(exchange)
        return exchange

    def _as_exchange(
        self, draft: Draft, response: requests.Response | None, began: float, why: str
    ) -> Exchange:
        path = BASE_PATH + draft.path
        return Exchange(
            number=len(self.exchanges) + 1,
            operation=self._operation(draft.method, path),
            server=None,
            method=draft.method,
            path=path,
            query=draft.query,
            request_headers=draft.headers,
            request_body=draft.body,
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
        except (UnknownPathError, WrongMethodError):
            return None


class _Unanswered(requests.ConnectionError):
    """No answer came; `exchange` is what was sent, and says why."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange.why)
        self.exchange = exchange


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


def _draft(request: requests.PreparedRequest) -> Draft:
    """The request as the gate sends it: what is meant for the engine alone is taken out."""
    for name in _NOT_SENT:
        request.headers.pop(name, None)
    request.headers["User-Agent"] = _USER_AGENT
    body = _bytes(request.body)
    # Bytes, which are sent as they are looked at; an empty body that is not None would be sent in chunks.
    request.body = body or None
    path, _, query = _below_the_gate(request).partition("?")
    return Draft(str(request.method), path, query, _headers(request.headers), body)


def _below_the_gate(request: requests.PreparedRequest) -> str:
    rest = str(request.url).removeprefix(GATE_URL)
    if rest == request.url or "#" in rest or rest[:1] not in ("/", "?", ""):
        raise WithheldError(f"{request.url} is not below {GATE_URL}", request=request)
    return rest


def _headers(headers: Mapping[str, Any]) -> Headers:
    return tuple((name.lower(), _text(value)) for name, value in headers.items())


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if not isinstance(body, bytes | bytearray | None):
        raise WithheldError("a body that is not yet there cannot be looked at")
    return bytes(body or b"")
