"""Passes exchanges on in their order. Large ones are worked on in another thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from workerkit.mockserver.capsules.file.capsule import RecordedExchange

_LARGE = 2**18
# A body of this size may be thousands of times as long when it is decompressed.
_LARGE_COMPRESSED = 2**12


class ExchangeQueue:
    """Calls `add` with each exchange, one after another.

    An exchange with a large body can take seconds. Then `add` runs in another thread, and so it does for the
    exchanges that come in the meantime. The proxy passes requests on all the time.

    add: is called with each exchange. Use the queue in a `with` block: at its end, all calls are done.
    """

    def __init__(self, add: Callable[[RecordedExchange], None]) -> None:
        self._add = add
        self._thread = ThreadPoolExecutor(1, "workerkit-record")
        self._last: Future[None] | None = None

    def put(self, recorded: RecordedExchange) -> None:
        """Adds an exchange, now or when the exchanges before it are added."""
        if self._is_idle() and not _is_large(recorded):
            self._add(recorded)
        else:
            self._last = self._thread.submit(self._add, recorded)

    def __enter__(self) -> ExchangeQueue:
        return self

    def __exit__(self, *error: object) -> None:
        self._thread.shutdown()
        if self._last is not None:
            self._last.result()

    def _is_idle(self) -> bool:
        return self._last is None or self._last.done()


def _is_large(recorded: RecordedExchange) -> bool:
    exchange = recorded.exchange
    messages = (
        (exchange.request_headers, exchange.request_body),
        (exchange.answer_headers, exchange.answer_body),
    )
    return any(
        len(body) > (_LARGE_COMPRESSED if "content-encoding" in dict(headers) else _LARGE)
        for headers, body in messages
    )
