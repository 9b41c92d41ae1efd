"""What a worker asks through a recorder, and what the server behind it answers, as templates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

import orjson

from benchmarks.peers.calls import TASKS, calls, headers
from benchmarks.peers.contender import API_PATH

# They stand for eight digits that are others in each request; the answer has those of its request.
FRESH, OTHER_FRESH = b"@fresh-@", b"@other-@"
MOST_ITEMS = 500
_HEARTBEATS = 10
# Digits as those of real ids, which do not begin alike.
_SPREAD, _OTHER_SPREAD = 2_654_435_761, 2_246_822_519
# The same to whoever reads them, and told apart by how they begin.
_QUERIES = (f"limit={TASKS}&status=pending", f"status=pending&limit={TASKS}")


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of exchange. `request` and `answer` may have FRESH in them; the answer is a body alone."""

    title: str
    request: bytes
    answer: bytes

    @property
    def first(self) -> bytes:
        """How its requests begin, by which the server knows them."""
        return self.request.partition(b"\r\n")[0].partition(FRESH)[0]

    def requests(self) -> Iterator[bytes]:
        """Requests without end."""
        return (self.request.replace(FRESH, b"%08x" % (number * _SPREAD % 2**32)) for number in count(1))


@dataclass(frozen=True, slots=True)
class Round:
    """What a worker does with a page of tasks, again and again: cases, each with how often it comes."""

    title: str
    parts: tuple[tuple[Case, int], ...]

    def requests(self) -> Iterator[bytes]:
        """Requests without end."""
        parts = [(case.requests(), times) for case, times in self.parts]
        while True:
            for requests, times in parts:
                yield from islice(requests, times)


def worker_round() -> Round:
    """A page of 100 tasks, each with an account that is new, two updates for each, and some heartbeats."""
    heartbeat, update, _, _, page, _ = cases()
    return Round("a worker's run", ((page, 1), (update, 2 * TASKS), (heartbeat, _HEARTBEATS)))


def cases() -> tuple[Case, ...]:
    """Heartbeat, update, a page that is the same or new, with known or new accounts, a batch of 500."""
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
        Case("a new page, new accounts", _request("GET", other), _strange(new_page)),
        _batch(),
    )


def _strange(page: bytes) -> bytes:
    """The page, but each task has an account of its own."""
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
