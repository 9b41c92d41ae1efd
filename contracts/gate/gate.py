"""The gate: all requests of a run pass through it. It checks them, sends them and records the exchanges."""

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
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.spec.api import Api, UnknownPathError, WrongMethodError, worker_api

_SCHEME = "http+gate"
GATE_URL = f"{_SCHEME}://target{worker_api().base_path}"
# Without these entries, `urljoin` would not resolve paths below GATE_URL.
urllib.parse.uses_relative.append(_SCHEME)
urllib.parse.uses_netloc.append(_SCHEME)
TOO_MANY_REQUESTS = 429
INTERRUPTED = "the run was interrupted"
_MOST_UNANSWERED = 3
_REMOVED_HEADERS = ("X-Schemathesis-TestCaseId",)
_USER_AGENT = "workerkit-conform"


class WithheldError(WorkerkitError, requests.RequestException):
    """The request was not sent, because --writes does not allow it."""


class RunEndedError(WorkerkitError, requests.RequestException):
    """The request was not sent, because the run has ended. The text says why the run ended."""


class EndCause(StrEnum):
    """What ended a run early.

    bound: a limit of the plan.
    target: the server under test.
    person: an interrupt.
    kit: a defect of this kit.
    """

    BOUND = "bound"
    TARGET = "target"
    PERSON = "person"
    KIT = "kit"


Watcher = Callable[[Exchange], None]


class Gate(BaseAdapter):
    """Sends the allowed requests to the target, and records the exchanges. Several threads may send at once.

    Senders know only GATE_URL, and only this adapter can open it. So no request reaches the target without
    the checks of the gate. `send` raises WithheldError, RunEndedError and NoAnswerError.

    exchanges: all exchanges, in the order in which they ended.
    interrupted: requests without an answer, because an interrupt came first.
    withheld: a text for each request that --writes does not allow. The kit should never try to send such a
        request, so each text means that the kit has a defect.
    end_reason: why no more requests are sent, or None.
    end_cause: what ended the run, or None.
    policy: the rules for the requests that may be sent.
    """

    def __init__(self, target: Target, plan: Plan, api: Api, *, clock: RunClock, watcher: Watcher) -> None:
        super().__init__()
        self.exchanges: list[Exchange] = []
        self.interrupted: list[Exchange] = []
        self.withheld: list[str] = []
        self.end_reason: str | None = None
        self.end_cause: EndCause | None = None
        self.policy = WritePolicy(Writes(plan.writes))
        self._target = target
        self._plan = plan
        self._max_requests = plan.max_test_requests
        self._until = None if plan.time_limit is None else clock.steady() + plan.time_limit
        self._closed_reason: str | None = None
        self._is_restoring = False
        self._sent = 0
        self._api = api
        self._clock = clock
        self._watcher = watcher
        self._transport = Transport(target, plan.patience, clock.steady)
        self._pace = Pace(plan.rate, clock)
        self._unanswered = 0
        self._lock = Lock()

    def session(self) -> GatedSession:
        """A session that sends all its requests through this gate."""
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
        """Sends a request for GATE_URL to the target. The other parameters have no effect."""
        return self._send_and_record(request)[0]

    def send_recorded(self, request: requests.PreparedRequest) -> Exchange:
        """Sends a request for GATE_URL. Returns the exchange, also if no answer came.

        Raises WithheldError and RunEndedError.
        """
        try:
            return self._send_and_record(request)[1]
        except _UnansweredError as error:
            return error.exchange

    def is_allowed(self, request: requests.PreparedRequest) -> bool:
        """True if --writes allows this request: `send` would not raise WithheldError."""
        return self.policy.refusal(_draft(request)) is None

    def allow_sandbox(
        self, task_ids: frozenset[str], request_ids: frozenset[str], account_ids: frozenset[str]
    ) -> None:
        """Allows changes of the tasks, customers' requests and accounts with these ids.

        request_ids: ids of customers' requests. These are objects of the API, not HTTP requests.

        All ids are in lower case.
        """
        self.policy = replace(
            self.policy, task_ids=task_ids, request_ids=request_ids, account_ids=account_ids
        )

    @property
    def requests_left(self) -> int | None:
        """How many requests the run may still send. None if there is no limit."""
        return None if self._max_requests is None else max(0, self._max_requests - self._sent)

    def close(self) -> None:
        """Closes the connections to the target."""
        self._transport.close()

    def end_run(self, why: str, cause: EndCause) -> None:
        """Stops sending. If called again, the first reason and cause are kept."""
        self._closed_reason = self._closed_reason or why
        if self.end_reason is None and not self._is_restoring:
            self.end_reason, self.end_cause = why, cause

    def allow_restoring(self, *, requests: int, seconds: float) -> None:
        """Opens the gate again after the end of the run, for a limited number of requests and seconds."""
        self._closed_reason, self._is_restoring = None, True
        self._max_requests = self._sent + requests
        self._until = self._clock.steady() + seconds
        self._unanswered = 0

    def _send_and_record(self, request: requests.PreparedRequest) -> tuple[requests.Response, Exchange]:
        while True:
            with self._lock:
                self._check_policy(request)
                self._check_limits()
                self._pace.wait_for_turn()
                self._sent += 1
            response, exchange = self._send_once(request)
            if response.status_code != TOO_MANY_REQUESTS or not self._wait_after_429(response):
                return response, exchange

    def _check_policy(self, request: requests.PreparedRequest) -> None:
        draft = _draft(request)
        refusal = self.policy.refusal(draft)
        if refusal is not None:
            text = f"{draft.method} {draft.path}: {refusal}"
            self.withheld.append(text)
            raise WithheldError(text, request=request)

    def _check_limits(self) -> None:
        if self._max_requests is not None and self._sent >= self._max_requests:
            self.end_run(f"the run stopped at {self._sent} requests, as --max-requests says", EndCause.BOUND)
        if self._until is not None and self._clock.steady() >= self._until:
            self.end_run(
                f"the run stopped after {self._plan.time_limit or 0:g} s, as --time-limit says",
                EndCause.BOUND,
            )
        if self._closed_reason:
            raise RunEndedError(self._closed_reason)

    def _wait_after_429(self, response: requests.Response) -> bool:
        """Waits after an answer 429. Returns False if the run ends instead."""
        why = self._pace.wait_after_429(response.headers.get("Retry-After"), self._until)
        if why is not None:
            self.end_run(
                f"the target answered 429, too many requests, and {why}: give a lower --rate", EndCause.TARGET
            )
        return why is None

    def _send_once(self, request: requests.PreparedRequest) -> tuple[requests.Response, Exchange]:
        sent = self._with_target_url(request)
        began = self._clock.wall()
        try:
            response = self._transport.fetch(sent)
        except NoAnswerError as error:
            exchange = self._record(request, None, began, str(error))
            raise _UnansweredError(exchange) from error
        except KeyboardInterrupt:
            self.interrupted.append(self._exchange_of(_draft(request), None, began, INTERRUPTED))
            raise
        response.request = request
        return response, self._record(request, response, began, "")

    def _with_target_url(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        sent = request.copy()
        sent.url = self._target.base_url + _path_below_gate(request)
        return sent

    def _record(
        self, request: requests.PreparedRequest, response: requests.Response | None, began: float, why: str
    ) -> Exchange:
        with self._lock:
            self._unanswered = 0 if response is not None else self._unanswered + 1
            if self._unanswered >= _MOST_UNANSWERED:
                self.end_run(
                    f"the target gave no answer {self._unanswered} times in a row: {why}", EndCause.TARGET
                )
            exchange = self._exchange_of(_draft(request), response, began, why)
            self.exchanges.append(exchange)
        self._watcher(exchange)
        return exchange

    def _exchange_of(
        self, draft: Draft, response: requests.Response | None, began: float, why: str
    ) -> Exchange:
        path = worker_api().base_path + draft.path
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


class _UnansweredError(WorkerkitError, requests.ConnectionError):
    """No answer came. `exchange` has the request and the reason."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange.why)
        self.exchange = exchange


class GatedSession(requests.Session):
    """A session that can only open GATE_URL. It keeps no cookies and follows no redirects."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.adapters.clear()
        self.mount(f"{_SCHEME}://", gate)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, so that a redirect is recorded like every other answer."""
        return None


def _draft(request: requests.PreparedRequest) -> Draft:
    """The request as the gate sends it, without the headers that Schemathesis adds for itself."""
    for name in _REMOVED_HEADERS:
        request.headers.pop(name, None)
    request.headers["User-Agent"] = _USER_AGENT
    body = _bytes(request.body)
    # For an empty body that is not None, the library `requests` would send `Transfer-Encoding: chunked`.
    request.body = body or None
    path, _, query = _path_below_gate(request).partition("?")
    return Draft(str(request.method), path, query, _headers(request.headers), body)


def _path_below_gate(request: requests.PreparedRequest) -> str:
    path = str(request.url).removeprefix(GATE_URL)
    if path == request.url or "#" in path or path[:1] not in ("/", "?", ""):
        raise WithheldError(f"{request.url} is not below {GATE_URL}", request=request)
    return path


def _headers(headers: Mapping[str, Any]) -> Headers:
    return tuple((name.lower(), _text(value)) for name, value in headers.items())


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if not isinstance(body, bytes | bytearray | None):
        raise WithheldError("the body of the request is a stream, which the gate cannot check")
    return bytes(body or b"")
