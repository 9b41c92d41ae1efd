"""Tests that a large exchange does not hold up the proxy, and that the order of exchanges stays."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator

import pytest

from workerkit.mockserver.capsules.file.capsule import Ending, RecordedExchange
from workerkit.mockserver.capsules.record.exchange_queue import ExchangeQueue
from workerkit.openapi.exchange import Exchange, Headers

SECONDS = 120
GZIP = (("content-encoding", "gzip"),)


def recorded(number: int, body: bytes = b"{}", headers: Headers = ()) -> RecordedExchange:
    fields = ("listTasks", None, "GET", "/api/v1/worker/tasks", "", (), b"", 200, headers, body, 0.0, 0.0)
    return RecordedExchange(Exchange(number, *fields), Ending.WHOLE)


class Recorder:
    """Notes the exchanges and their threads. It waits for `may_end` before it ends the first one."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.threads: list[threading.Thread] = []
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    def add(self, exchange: RecordedExchange) -> None:
        self.threads.append(threading.current_thread())
        self.has_begun.set()
        assert self.may_end.wait(SECONDS)
        self.numbers.append(exchange.exchange.number)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.may_end.set()


@pytest.mark.parametrize(
    ("body", "headers"), [(gzip.compress(b" " * 30_000_000), GZIP), (b" " * 300_000, ())]
)
def test_the_proxy_does_not_wait_for_a_large_exchange_and_the_order_stays(
    recorder: Recorder, body: bytes, headers: Headers
) -> None:
    with ExchangeQueue(recorder.add) as queue:
        queue.put(recorded(1, body, headers))
        assert recorder.has_begun.wait(SECONDS)
        for number in (2, 3):
            queue.put(recorded(number))
        assert recorder.numbers == []
        recorder.may_end.set()
    assert recorder.numbers == [1, 2, 3]
    assert threading.current_thread() not in recorder.threads


def test_small_exchanges_are_added_at_once(recorder: Recorder) -> None:
    recorder.may_end.set()
    with ExchangeQueue(recorder.add) as queue:
        for number in (1, 2):
            queue.put(recorded(number, gzip.compress(b"{}"), GZIP))
            assert recorder.numbers[-1] == number
    assert set(recorder.threads) == {threading.current_thread()}


def test_an_error_of_the_last_exchange_is_not_lost() -> None:
    def fail(exchange: RecordedExchange) -> None:
        raise ValueError("the disk is gone")

    with pytest.raises(ValueError, match="the disk is gone"), ExchangeQueue(fail) as queue:
        queue.put(recorded(1, b" " * 300_000))
