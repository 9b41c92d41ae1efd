"""Sends a request again after trouble on the way, if a second request cannot make a check wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from threading import RLock
from typing import NoReturn

import requests

from workerkit.contracts.gate.no_answer import NoAnswerKind
from workerkit.contracts.gate.way_trouble import (
    PROXY_STATUSES,
    LeftOutError,
    Outage,
    UnansweredRequest,
    WayTrouble,
    is_system_error,
    is_way_trouble,
    trouble_text,
)
from workerkit.contracts.gate.write_policy import Draft, WritePolicy
from workerkit.contracts.target.plan import Writes
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase

# In seconds: the waits before requests that show whether the server answers again.
WAITS = (0.5, 1.0, 2.0, 4.0)
# How often a request is sent before the run concludes that the server never answers it.
_MOST_TRIES = 4
# If the server never answered this many requests of an operation, its other requests are not sent again.
_MOST_UNANSWERED = 3
# After this many troubles in a row, the run checks whether the server still answers.
_MOST_UNCHECKED = 3
# Without a sandbox, this policy allows only requests that change nothing on a correct server.
_CHANGE_NOTHING = WritePolicy(Writes.SANDBOX)
_REPEATABLE_OPERATIONS = frozenset({"heartbeat", "sendLogs"})


Request = requests.PreparedRequest


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that was sent once.

    exchange: the exchange.
    response: the answer, or None.
    kind: what a missing answer says about the request. None if an answer came.
    """

    exchange: Exchange
    response: requests.Response | None
    kind: NoAnswerKind | None

    @property
    def is_trouble(self) -> bool:
        """True if the server itself did not answer."""
        return is_way_trouble(self.exchange)

    @property
    def has_failed(self) -> bool:
        """True if the server did not answer, or answered with a system error."""
        return self.is_trouble or is_system_error(self.exchange)

    @property
    def may_be_fault_of_server(self) -> bool:
        """True if the server is at fault when this trouble happens again and again.

        A server may be slow: the API page says nothing about time. A server without a connection is down.
        """
        return self.exchange.status in PROXY_STATUSES or self.kind is NoAnswerKind.BROKEN


class Repetition:
    """Decides what happens after trouble on the way.

    send: sends a request once. Raises an error if the run has ended.
    controls: requests that change nothing, with different operations. They show whether the server answers.
    wait: waits for a number of seconds, or until the time limit of the run.
    give_up: ends the run with an error. It gets the reason, for people.

    trouble: all trouble of the run.
    has_own_answer: True as soon as the server has answered one request.
    """

    def __init__(
        self,
        send: Callable[[Request], Sent],
        controls: Callable[[], tuple[Request, ...]],
        wait: Callable[[float], None],
        give_up: Callable[[str], NoReturn],
    ) -> None:
        self.trouble = WayTrouble()
        self.has_own_answer = False
        self._send = send
        self._controls = controls
        self._wait = wait
        self._give_up = give_up
        self._in_a_row = 0
        self._has_list = False
        # The number of the first of the last exchanges, all of which are system errors.
        self._failing_since: int | None = None
        self._unanswered: Counter[str | None] = Counter()
        # Only one thread at a time finds out whether the server still answers.
        self._lock = RLock()

    def note(self, exchange: Exchange) -> None:
        """Counts the trouble. Has to be called with every exchange of the run, one after another."""
        if not is_system_error(exchange):
            self._failing_since = None
        elif self._failing_since is None:
            self._failing_since = exchange.number
        if not is_way_trouble(exchange):
            self.has_own_answer, self._in_a_row = True, 0
            self._has_list = self._has_list or (exchange.operation == "listTasks" and exchange.accepted)
            return
        self._in_a_row += 1
        self.trouble.counts[trouble_text(exchange)] += 1

    def repeat_first(self, request: Request, first: Sent) -> Sent:
        """Sends the first request of a run again, if that can help. Returns the last try.

        Nothing is tested yet, so the run does not wait long.
        """
        if not first.may_be_fault_of_server:
            return first
        self._wait(WAITS[0])
        return self._send(request)

    def repeat_always(self, request: Request, first: Sent) -> Sent:
        """Sends the request again until an own answer comes, or until all waits are over."""
        sent = first
        for seconds in WAITS:
            if not sent.is_trouble:
                break
            self._wait(seconds)
            sent = self._send(request)
        return sent

    def repeat(self, request: Request, draft: Draft, first: Sent) -> Sent:
        """An own answer to the request. Raises LeftOutError if there is none that a check may use."""
        with self._lock:
            tries = [first]
            for sent in self._further_tries(request, draft, first):
                if not sent.is_trouble:
                    self.trouble.repeated += 1
                    # If the server acted on an earlier try, this is the answer to a second request.
                    return sent if _is_repeatable(draft, tries) else self._leave_out(first, request)
                tries.append(sent)
            self._leave_out(tries[-1], request)

    def repeat_after_outage(self, request: Request, draft: Draft, failed: Sent) -> Sent:
        """The answer to a request that was answered with a system error.

        Usually this is the system error. If the server fails at every other request, too, this is the answer
        to a second try when the server works again. Raises LeftOutError if a check may not use that answer.
        """
        # A server that never listed tasks may have another fault.
        if not self._has_list:
            return failed
        with self._lock:
            if not self.trouble.is_in_outage(failed.exchange) and not self._begins_outage(failed):
                return failed
            again = self._send(request) if _is_repeatable(draft, [failed]) else failed
            if again is failed or again.is_trouble:
                raise LeftOutError(again.exchange, request)
            return again

    def _begins_outage(self, failed: Sent) -> bool:
        """True if the server fails at every request. Then waits until it works again, or ends the run."""
        begin = self._failing_since or failed.exchange.number
        controls = self._controls()
        exchanges = (self._send(control).exchange for control in reversed(controls))
        failures = tuple(takewhile(is_system_error, exchanges))
        if len(failures) < len(controls):
            return False
        outage = Outage(failed.exchange, failures, begin)
        self.trouble.outages.append(outage)
        for seconds in WAITS:
            self._wait(seconds)
            working = self._send(self._controls()[0])
            if not working.has_failed:
                outage.end = working.exchange.number
                return True
        self._give_up(
            phrase(
                "the server answered every request with {status}, for {seconds:g} s",
                status=failed.exchange.status,
                seconds=sum(WAITS),
            )
        )

    def _further_tries(self, request: Request, draft: Draft, first: Sent) -> Iterator[Sent]:
        """Further tries. Before each of them, the server has answered another request."""
        operation = first.exchange.operation
        if self._unanswered[operation] >= _MOST_UNANSWERED:
            if self._in_a_row >= _MOST_UNCHECKED:
                self._wait_until_answering(first)
            return
        tries = [first]
        while len(tries) < _MOST_TRIES and _is_worth_a_try(draft, tries):
            self._wait_until_answering(tries[-1])
            tries.append(self._send(request))
            yield tries[-1]
        self._wait_until_answering(tries[-1])
        if len(tries) == _MOST_TRIES:
            self._unanswered[operation] += 1
            self.trouble.unanswered.append(UnansweredRequest(tuple(sent.exchange for sent in tries)))

    def _leave_out(self, sent: Sent, request: Request) -> NoReturn:
        self.trouble.left_out += 1
        raise LeftOutError(sent.exchange, request)

    def _wait_until_answering(self, after: Sent) -> None:
        """Waits until the server answers a control request. Ends the run if the server never does."""
        last = after
        for seconds in WAITS:
            self._wait(seconds)
            for control in self._controls_after(after):
                last = self._send(control)
                if not last.is_trouble:
                    return
                if not last.may_be_fault_of_server:
                    break
        text = phrase(
            "the target itself did not answer {count} times in a row; the last time: {trouble_text}",
            count=self._in_a_row,
            trouble_text=trouble_text(last.exchange),
        )
        self._give_up(text)

    def _controls_after(self, sent: Sent) -> tuple[Request, ...]:
        """The control requests. A server may have trouble with one operation, so another one comes first."""
        controls = self._controls()
        return controls[::-1] if sent.exchange.operation == "listTasks" else controls


def _is_worth_a_try(draft: Draft, tries: list[Sent]) -> bool:
    if all(sent.may_be_fault_of_server for sent in tries):
        return True
    return len(tries) == 1 and _is_repeatable(draft, tries)


def _is_repeatable(draft: Draft, failed: list[Sent]) -> bool:
    """True if a check may use the answer to a further try.

    That is so if the server did not read the failed tries, or if a correct server answers the same to a
    second request. An update is different: a server may refuse to change a task to queued a second time.
    """
    return (
        draft.method == "GET"
        or failed[0].exchange.operation in _REPEATABLE_OPERATIONS
        or all(sent.kind is NoAnswerKind.NOT_SENT for sent in failed)
        or _CHANGE_NOTHING.refusal(draft) is None
    )
