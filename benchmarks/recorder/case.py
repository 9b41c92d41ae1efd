"""Templates of the requests of a worker, and of the answers of the server behind the recorder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

import orjson

from benchmarks.peers.calls import TASKS, calls, headers
from benchmarks.peers.measured_server import API_PATH

# Placeholders for eight digits. Each request has new digits for FRESH. In its answer, FRESH stands for
# the same digits, and OTHER_FRESH for these digits in reverse order.
FRESH, OTHER_FRESH = b"@fresh-@", b"@other-@"
MOST_ITEMS = 500
_HEARTBEATS = 10
# Factors that make consecutive numbers look different, as the digits of real ids.
_SPREAD, _OTHER_SPREAD = 2_654_435_761, 2_246_822_519
# Two queries with the same meaning. They begin differently, so that the server can find the case.
_QUERIES = (f"limit={TASKS}&status=pending", f"status=pending&limit={TASKS}")


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of exchange.

    title: the heading in the table.
    request: the bytes of the request. May contain FRESH.
    answer: the body of the answer. May contain FRESH.
    """

    title: str
    request: bytes
    answer: bytes

    @property
    def request_start(self) -> bytes:
        """The beginning of all requests of this case. The server uses it to find the case."""
        return self.request.partition(b"\r\n")[0].partition(FRESH)[0]

    def requests(self) -> Iterator[bytes]:
        """Returns requests without end."""
        return (self.request.replace(FRESH, b"%08x" % (number * _SPREAD % 2**32)) for number in count(1))


@dataclass(frozen=True, slots=True)
class Round:
    """The work of a worker on one page of tasks, repeated without end.

    title: the heading in the table.
    parts: the cases, each with the number of its requests.
    """

    title: str
    parts: tuple[tuple[Case, int], ...]

    def requests(self) -> Iterator[bytes]:
        """Returns requests without end."""
        parts = [(case.requests(), times) for case, times in self.parts]
        while True:
            for requests, times in parts:
                yield from islice(requests, times)


def worker_round() -> Round:
    """Returns a page of 100 new tasks, two updates of each task, and some heartbeats."""
    heartbeat, update, _, _, page, _ = cases()
    return Round("a worker's run", ((page, 1), (update, 2 * TASKS), (heartbeat, _HEARTBEATS)))


def cases() -> tuple[Case, ...]:
    """Returns all cases: a heartbeat, an update, three kinds of pages, and a batch of 500 updates."""
    heartbeat, update, page = calls()
    old = update.requests[0][0].rpartition("/")[2].encode()
    new_id = old.replace(b"00000000", FRESH, 1)
    new_page = page.answer.replace(b'"id":"00000000', b'"id":"' + FRESH)
    after, other = (f"/tasks?{query}&after=".encode() + new_id for query in _QUERIES)
    return (
        Case("heartbeat", _request("POST", b"/health", heartbeat.requests[0][1]), heartbeat.answer),
        Case(
            "update of a task",
            _request("PUT", b"/tasks/" + new_id, update.requests[0][1]),
            update.answer.replace(old, new_id),
        ),
        Case("the same page of 100", _request("GET", page.requests[0][0].encode()), page.answer),
        Case("a new page of 100", _request("GET", after), new_page),
        Case("a new page, new accounts", _request("GET", other), _with_new_accounts(new_page)),
        _batch(),
    )


def _with_new_accounts(page: bytes) -> bytes:
    """Returns the page with a new account for each task."""
    answer = orjson.loads(page)
    fresh = OTHER_FRESH.decode()
    for place, task in enumerate(answer["data"]):
        own = f"{(place + 1) * _OTHER_SPREAD % 2**32:08x}"
        task["email"], task["password"] = f"{own}{fresh}@gmail.com", f"{own[::-1]}{fresh}!x"
    return orjson.dumps(answer)


def _batch() -> Case:
    links = [f"{FRESH.decode()}-0000-4000-8003-{place:012}" for place in range(MOST_ITEMS)]
    items = [
        {
            "link_id": link,
            "status": "completed",
            "link_profile": f"https://example.com/profile/{link[:8]}{link[-4:]}",
        }
        for link in links
    ]
    results = [{"link_id": link, "success": True} for link in links]
    answer = {"total": MOST_ITEMS, "success": MOST_ITEMS, "failed": 0, "results": results}
    request = _request("PUT", b"/tasks/bulk", orjson.dumps({"items": items}))
    return Case(f"a batch of {MOST_ITEMS}", request, orjson.dumps(answer))


def _request(method: str, target: bytes, body: bytes = b"") -> bytes:
    fields = {"Host": "127.0.0.1", **headers(body), **({"Content-Length": str(len(body))} if body else {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {API_PATH}".encode() + target + f" HTTP/1.1\r\n{lines}\r\n".encode() + body
