"""The gate: all requests of a run pass through it. It checks them, sends them and records the exchanges."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from http.cookiejar import DefaultCookiePolicy
from random import Random
from threading import Lock
from typing import Any, NoReturn

import requests
from requests.adapters import BaseAdapter

from workerkit.contracts.gate.no_answer import NoAnswerError
from workerkit.contracts.gate.pace import Pace
from workerkit.contracts.gate.repetition import Repetition, Sent
from workerkit.contracts.gate.transport import Transport
from workerkit.contracts.gate.way_trouble import WayTrouble, is_system_error
from workerkit.contracts.gate.write_policy import Draft, WritePolicy
from workerkit.contracts.target.fake_ids import fake_id
from workerkit.contracts.target.plan import REQUESTS_TO_RESTORE, Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.languages.phrase import error_text, joined, phrase
from workerkit.openapi.spec.api import Api, UnknownPathError, WrongMethodError, worker_api

_SCHEME = "http+gate"
GATE_URL = f"{_SCHEME}://target{worker_api().base_path}"
# Without these entries, `urljoin` would not resolve paths below GATE_URL.
urllib.parse.uses_relative.append(_SCHEME)
urllib.parse.uses_netloc.append(_SCHEME)
TOO_MANY_REQUESTS = 429
INTERRUPTED = phrase("the run was interrupted")
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
    the checks of the gate.

    After trouble on the way, the gate waits and sends the request again. Callers get only own answers of the
    target, and LeftOutError if there is none that a check may use. There are two exceptions: the first
    requests of a run, and the requests that put a sandbox back. If the target does not answer again, the run
    ends.

    pace: limits the speed. Several gates may share it. None: the gate has its own, as the plan says.
    keeps_exchanges: False for a run of any length whose exchanges only the watcher needs.

    exchanges: all exchanges, in the order in which they ended.
    interrupted: requests that were sent, and whose answer is not recorded because an interrupt came first.
    last_sent: the exchange that the last call of `send` returned, or None.
    withheld: a text for each request that --writes does not allow. The kit should never try to send such a
        request, so each text means that the kit has a defect.
    end_reason: why no more requests are sent, or None.
    end_cause: what ended the run, or None.
    policy: the rules for the requests that may be sent.
    """

    def __init__(
        self,
        target: Target,
        plan: Plan,
        api: Api,
        *,
        clock: RunClock,
        watcher: Watcher,
        pace: Pace | None = None,
        keeps_exchanges: bool = True,
    ) -> None:
        super().__init__()
        self.exchanges: list[Exchange] = []
        self.interrupted: list[Exchange] = []
        self.last_sent: Exchange | None = None
        self.withheld: list[str] = []
        self.end_reason: str | None = None
        self.end_cause: EndCause | None = None
        self.policy = WritePolicy(Writes(plan.writes))
        self._target = target
        self._max_requests = plan.max_test_requests
        self._until = None if plan.time_limit is None else clock.steady() + plan.time_limit
        self._limits = _limit_texts(plan)
        self._closed_reason: str | None = None
        self._is_restoring = False
        self._sent = 0
        self._api = api
        self._clock = clock
        self._watcher = watcher
        self._transport = Transport(target, plan.patience, clock.steady)
        self._pace = pace or Pace(plan.rate_to(target), clock)
        self._keeps_exchanges = keeps_exchanges
        self._recorded = 0
        self._repetition = Repetition(self._send_paced, self._controls, self._wait, self._give_up)
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
        """Sends a request for GATE_URL to the target. The other parameters have no effect.

        Raises WithheldError, RunEndedError and LeftOutError, and UnansweredError if no answer came.
        """
        sent = self._send_patiently(request)
        self.last_sent = sent.exchange
        if sent.response is None:
            raise UnansweredError(sent.exchange)
        return sent.response

    def send_recorded(self, request: requests.PreparedRequest) -> Exchange:
        """Sends a request for GATE_URL. Returns the exchange, also if no answer came.

        Raises WithheldError, RunEndedError and LeftOutError.
        """
        return self._send_patiently(request).exchange

    def is_allowed(self, request: requests.PreparedRequest) -> bool:
        """True if --writes allows this request: `send` would not raise WithheldError."""
        return self.policy.refusal(_draft(request)) is None

    def is_answering(self) -> bool:
        """True if the target itself answers a request other than GET /tasks."""
        return not self._send_paced(self._controls()[-1]).is_trouble

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
        """Allows requests again after the end of the run: a limited number, for a limited time in seconds."""
        self._closed_reason, self._is_restoring = None, True
        self._max_requests = self._sent + requests
        self._until = self._clock.steady() + seconds
        self._limits = (
            phrase("the {requests} requests for putting the sandbox back are used up", requests=requests),
            phrase("the {seconds:g} s for putting the sandbox back are over", seconds=seconds),
        )

    @property
    def trouble(self) -> WayTrouble:
        """The trouble on the way so far."""
        return self._repetition.trouble

    def _send_patiently(self, request: requests.PreparedRequest) -> Sent:
        had_own_answer = self._repetition.has_own_answer
        sent = self._send_paced(request)
        if is_system_error(sent.exchange) and self._keeps_exchanges and not self._is_restoring:
            return self._repetition.repeat_after_outage(request, _draft(request), sent)
        if not sent.is_trouble:
            return sent
        if self._is_restoring:
            return self._repetition.repeat_always(request, sent)
        if not had_own_answer:
            return self._repetition.repeat_first(request, sent)
        return self._repetition.repeat(request, _draft(request), sent)

    def _controls(self) -> tuple[requests.PreparedRequest, ...]:
        """Three requests that change nothing.

        The second one has an unknown id and an unknown status, and the third one has no id, so a correct
        server refuses them.
        """
        return (
            self._control("GET", "/tasks?limit=1"),
            self._control("PUT", f"/tasks/{fake_id(Random(0))}", '{"status": "nonsense"}'),
            self._control("POST", "/callback/link/update", "{}"),
        )

    def _control(self, method: str, path: str, body: str | None = None) -> requests.PreparedRequest:
        headers = {worker_api().key_header_name: self._target.api_key}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return requests.Request(method, GATE_URL + path, headers=headers, data=body).prepare()

    def _wait(self, seconds: float) -> None:
        left = seconds if self._until is None else self._until - self._clock.steady()
        self._clock.wait(max(0.0, min(seconds, left)))

    def _give_up(self, why: str) -> NoReturn:
        self.end_run(why, EndCause.TARGET)
        raise RunEndedError(why)

    def _send_paced(self, request: requests.PreparedRequest) -> Sent:
        """Sends the request at the right speed. Sends it again after an answer 429."""
        while True:
            with self._lock:
                self._check_policy(request)
                self._check_limits()
                self._pace.wait_for_turn()
                self._sent += 1
            sent = self._send_once(request)
            response = sent.response
            if response is None or response.status_code != TOO_MANY_REQUESTS:
                return sent
            if not self._wait_after_429(response):
                return sent

    def _check_policy(self, request: requests.PreparedRequest) -> None:
        draft = _draft(request)
        refusal = self.policy.refusal(draft)
        if refusal is not None:
            text = f"{draft.method} {draft.path}: {refusal}"
            self.withheld.append(text)
            raise WithheldError(text, request=request)

    def _check_limits(self) -> None:
        if self._max_requests is not None and self._sent >= self._max_requests:
            self.end_run(self._limits[0], EndCause.BOUND)
        if self._until is not None and self._clock.steady() >= self._until:
            self.end_run(self._limits[1], EndCause.BOUND)
        if self._closed_reason:
            raise RunEndedError(self._closed_reason)

    def _wait_after_429(self, response: requests.Response) -> bool:
        """Waits after an answer 429. Returns False if the run ends instead."""
        why = self._pace.wait_after_429(response.headers.get("Retry-After"), self._until)
        if why is not None:
            self.end_run(
                phrase("the target answered 429, too many requests, and {why}: give a lower --rate", why=why),
                EndCause.TARGET,
            )
        return why is None

    def _send_once(self, request: requests.PreparedRequest) -> Sent:
        sent = self._with_target_url(request)
        began = self._clock.wall()
        # Ctrl-C can come at any moment. Until the exchange is recorded, the request counts as interrupted.
        unanswered = self._exchange_of(_draft(request), None, began, INTERRUPTED)
        self.interrupted.append(unanswered)
        try:
            response = self._transport.fetch(sent)
        except NoAnswerError as error:
            return Sent(self._record(unanswered, request, None, error_text(error)), None, error.kind)
        response.request = request
        return Sent(self._record(unanswered, request, response, ""), response, None)

    def _with_target_url(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        sent = request.copy()
        sent.url = self._target.base_url + _path_below_gate(request)
        return sent

    def _record(
        self,
        unanswered: Exchange,
        request: requests.PreparedRequest,
        response: requests.Response | None,
        why: str,
    ) -> Exchange:
        with self._lock:
            exchange = self._exchange_of(_draft(request), response, unanswered.began, why)
            self._recorded += 1
            if self._keeps_exchanges:
                self.exchanges.append(exchange)
            self.interrupted.remove(unanswered)
            self._repetition.note(exchange)
        self._watcher(exchange)
        return exchange

    def _exchange_of(
        self, draft: Draft, response: requests.Response | None, began: float, why: str
    ) -> Exchange:
        path = worker_api().base_path + draft.path
        return Exchange(
            number=self._recorded + 1,
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


class UnansweredError(WorkerkitError, requests.ConnectionError):
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


def _limit_texts(plan: Plan) -> tuple[str, str]:
    """What the report says when the plan allows no more requests, and when it allows no more time."""
    count = phrase(
        "the run stopped at {max_test_requests} requests", max_test_requests=plan.max_test_requests
    )
    why = (
        phrase("as --max-requests says")
        if plan.writes is not Writes.SANDBOX
        else phrase(
            "because {requests_to_restore} of the {max_requests} requests that --max-requests "
            "allows are for putting the sandbox back",
            requests_to_restore=REQUESTS_TO_RESTORE,
            max_requests=plan.max_requests,
        )
    )
    return joined(", ", (count, why)), phrase(
        "the run stopped after {seconds:g} s, as --time-limit says", seconds=plan.time_limit or 0
    )


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
