"""Trouble on the way to the target: no answer, or an answer of a proxy whose server is down.

The own answers of the target are all other answers: the target itself sent them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import requests

from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import joined, phrase

# A proxy or load balancer answers with these statuses if the server behind it gives no answer.
PROXY_STATUSES = frozenset({502, 503, 504})
_GATEWAY_TIMEOUT = 504
# If more than one request in 20 got an answer only when it was sent again, missing answers are no findings.
_LEAST_REQUESTS_PER_TROUBLE = 20
_MAX_BODY_LENGTH = 120


def is_way_trouble(exchange: Exchange) -> bool:
    """True if the answer is not the server's own answer. It then shows nothing about the server."""
    return exchange.status is None or exchange.status in PROXY_STATUSES


def is_system_error(exchange: Exchange) -> bool:
    """True if the server itself answered with a system error."""
    return (exchange.status or 0) >= 500 and not is_way_trouble(exchange)


def trouble_text(exchange: Exchange) -> str:
    """What came instead of an own answer: the status of a proxy, or the reason why no answer came."""
    return exchange.why if exchange.status is None else phrase("the status {status}", status=exchange.status)


class LeftOutError(WorkerkitError, requests.RequestException):
    """No answer to a request tells something about the server, so the check that needs one is left out.

    exchange: one of the tries to send the request.
    sent: the request.
    """

    def __init__(self, exchange: Exchange, sent: requests.PreparedRequest) -> None:
        super().__init__(_left_out_text(exchange))
        self.sent = sent
        self.exchange = exchange

    @property
    def may_act_later(self) -> bool:
        """True if the server may still be busy with the request."""
        return self.exchange.status in (None, _GATEWAY_TIMEOUT)


@dataclass(frozen=True, slots=True)
class UnansweredRequest:
    """A request that never got an own answer, although the server answered other requests in between.

    tries: all exchanges with this request.
    """

    tries: tuple[Exchange, ...]

    @property
    def text(self) -> str:
        """What happened, for people."""
        last = self.tries[-1]
        what = (
            phrase("no answer") if last.status is None else phrase("the answer {status}", status=last.status)
        )
        why = joined("", (" (", last.why, ")")) if last.status is None else ""
        return phrase(
            "{request_text} got {what} {tries_count} times, although the server answered other "
            "requests in between{why}",
            request_text=_request_text(last),
            what=what,
            tries_count=len(self.tries),
            why=why,
        )


@dataclass(slots=True)
class Outage:
    """A time in which the server answered every request with a system error.

    first: the exchange that showed it.
    controls: exchanges with other requests that change nothing. They failed, too.
    begin: the number of the first exchange of this time.
    end: the number of the last one, or None as long as the server fails.
    """

    first: Exchange
    controls: tuple[Exchange, ...]
    begin: int
    end: int | None = None

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges that show it."""
        return (self.first, *self.controls)

    @property
    def text(self) -> str:
        """What happened, for people."""
        return phrase(
            "from the request {request_text} on, the server answered every request with {status}, also GET "
            "/tasks, which it had answered before. No single request is at fault: earlier requests may have "
            "used something up, for example the connections to a database",
            request_text=_request_text(self.first),
            status=self.first.status,
        )

    def has(self, exchange: Exchange) -> bool:
        """True if the exchange failed in this time."""
        return (
            is_system_error(exchange)
            and self.begin <= exchange.number
            and (self.end is None or exchange.number <= self.end)
        )


@dataclass(slots=True)
class WayTrouble:
    """All trouble of one run.

    counts: how often each kind of trouble happened.
    repeated: how many requests got an own answer when they were sent again.
    left_out: how many checks were left out.
    unanswered: the requests that never got an own answer, although the server answered other requests.
    outages: the times in which the server failed at every request.
    """

    counts: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    left_out: int = 0
    unanswered: list[UnansweredRequest] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)

    def is_in_outage(self, exchange: Exchange) -> bool:
        """True if the server failed at this request and at every other one. It then shows nothing else."""
        return any(outage.has(exchange) for outage in self.outages)

    def findings(self, requests: int) -> Sequence[UnansweredRequest]:
        """The unanswered requests that show a fault of the server.

        There are none if many other requests got an answer when they were sent again. Then these requests may
        have failed by chance, too.

        requests: how many requests the run sent.
        """
        return self.unanswered if self.repeated * _LEAST_REQUESTS_PER_TROUBLE <= requests else ()

    def text(self) -> str:
        """One sentence or more for the report, without the last full stop. Empty if there was no trouble."""
        if not self.counts:
            return ""
        kinds = ", ".join(f"{kind}: {count}" for kind, count in sorted(self.counts.items()))
        total = self.counts.total()
        sentences = [
            phrase(
                "Trouble on the way to the server: {total} requests got no answer of the server ({kinds})",
                total=total,
                kinds=kinds,
            ),
            *(
                [
                    phrase(
                        "{repeated} requests were answered when they were sent again", repeated=self.repeated
                    )
                ]
                if self.repeated
                else []
            ),
            *([self.left_out_text()] if self.left_out else []),
        ]
        return joined(". ", sentences)

    def left_out_text(self) -> str:
        """How many checks were left out, as a sentence without a full stop."""
        if self.left_out == 1:
            return phrase("One check was left out, because its request got no answer of the server")
        return phrase(
            "{left_out} checks were left out, because their requests got no answer of the server",
            left_out=self.left_out,
        )


def _left_out_text(exchange: Exchange) -> str:
    if is_system_error(exchange):
        return phrase("the server failed at every request when {name} was sent", name=_name(exchange))
    return phrase(
        "{name} got no answer of the server: {trouble_text}",
        name=_name(exchange),
        trouble_text=trouble_text(exchange),
    )


def _name(exchange: Exchange) -> str:
    return f"{exchange.method} {exchange.path}"


def _request_text(exchange: Exchange) -> str:
    query = f"?{exchange.query}" if exchange.query else ""
    body = " ".join(exchange.request_body.decode("utf-8", "backslashreplace").split())
    shortened = body if len(body) <= _MAX_BODY_LENGTH else f"{body[:_MAX_BODY_LENGTH]}…"
    return f"{_name(exchange)}{query}{' ' if body else ''}{shortened}"
