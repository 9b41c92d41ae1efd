"""Gives the same bytes to mocks in different ways, without sockets, and compares what comes out.

A plain request that arrives whole is answered at once; every other request goes through uvicorn. A client
must not be able to see which way its request went.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import uvicorn
from uvicorn.server import ServerState

from workerkit.mockserver.server.app import MockApp
from workerkit.mockserver.server.protocol import Protocol
from workerkit.mockserver.world.journal import as_exchange
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.exchange import Exchange

_STEPS = 12


class FullProtocol(Protocol):
    """Never answers a request at once: every request goes through uvicorn."""

    def _is_idle(self) -> bool:
        return False


class _Transport(asyncio.Transport):
    """Keeps the bytes that a protocol writes."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 40000), "sockname": ("127.0.0.1", 8080)})
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self.is_closed:
            self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        """The caller waits after each part anyway."""

    def resume_reading(self) -> None:
        """The caller waits after each part anyway."""


@dataclass(frozen=True)
class Outcome:
    """What a client and the journal see of the bytes on one connection.

    answers: all bytes that the mock has sent.
    is_closed: whether the mock has closed the connection.
    exchanges: the new entries of the journal.
    """

    answers: bytes
    is_closed: bool
    exchanges: tuple[Exchange, ...]


class Side:
    """One mock with one world. All sides of a comparison get the same requests, so their worlds stay equal.

    protocol: the class that handles the connections.
    """

    def __init__(self, protocol: type[Protocol]) -> None:
        worlds = Worlds()
        self.world = worlds.add(DEFAULT, WorldBuilder(seed=7, timer=lambda: 0.0)).world
        self._protocol = protocol
        app = MockApp(worlds, host="127.0.0.1")
        self._config = uvicorn.Config(app, log_config=None, server_header=False, date_header=False)
        self._loop = asyncio.new_event_loop()

    def send(self, parts: Sequence[bytes]) -> Outcome:
        """Sends the parts on a new connection, one after the other, until the mock closes the connection."""
        before, transport = self.world.journal.count, _Transport()
        connection = self._loop.run_until_complete(self._sent(parts, transport))
        is_closed = transport.is_closed
        transport.close()
        connection.connection_lost(None)
        self._loop.run_until_complete(_steps())
        exchanges = tuple(map(as_exchange, self.world.journal.newest(self.world.journal.count - before)))
        return Outcome(transport.written, is_closed, exchanges)

    def close(self) -> None:
        """Ends the event loop."""
        self._loop.close()

    async def _sent(self, parts: Sequence[bytes], transport: _Transport) -> Protocol:
        connection = self._protocol(config=self._config, server_state=ServerState(), app_state={})
        connection.connection_made(transport)
        for part in parts:
            if transport.is_closed:
                break
            connection.data_received(part)
            await _steps()
        return connection


async def _steps() -> None:
    """Lets the event loop run, so that every answer that can be made is made."""
    for _ in range(_STEPS):
        await asyncio.sleep(0)


class Comparison:
    """Sends generated requests in four ways, and yields the differences.

    The ways: each request whole; each request whole, without the quick way; all requests in one part; all
    requests cut anywhere.

    seed: chooses the requests.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._sides = [Side(Protocol), Side(FullProtocol), Side(Protocol), Side(Protocol)]
        world = self._sides[0].world
        self._keys = [key.encode() for server in world.servers.values() for key in server.keys]
        self._ids = [task_id.encode() for task_id in world.tasks]
        self.statuses: dict[bytes, int] = {}

    def close(self) -> None:
        """Ends the event loops."""
        for side in self._sides:
            side.close()

    def differences(self, count: int) -> Iterator[str]:
        """Sends at least `count` requests. Yields a text for each sequence with different outcomes."""
        while count > 0:
            requests = [self._request() for _ in range(self._random.choice((1, 1, 2, 3)))]
            count -= len(requests)
            joined = b"".join(requests)
            number_of_cuts = min(self._random.randrange(1, 5), len(joined))
            cuts = sorted(self._random.sample(range(len(joined) + 1), number_of_cuts))
            cut = [joined[begin:end] for begin, end in pairwise([0, *cuts, len(joined)]) if begin < end]
            ways = (requests, requests, [joined], cut)
            outcomes = [side.send(parts) for side, parts in zip(self._sides, ways, strict=True)]
            self._count(outcomes[0].answers)
            for way, outcome in enumerate(outcomes[1:], 1):
                if outcome != outcomes[0]:
                    yield f"way {way}: {ways[way]!r}\n  {outcomes[0]}\n  {outcome}"

    def _count(self, answers: bytes) -> None:
        status = answers[9:12]
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def _request(self) -> bytes:
        choose = self._random.choice
        call = choose(_CALLS) if choose((0, 1)) else (choose(_METHODS), choose(_PATHS), choose(_BODIES))
        method, path, body = call[0], self._filled(call[1]), self._filled(call[2])
        query = self._filled(choose(_QUERIES)) if method == b"GET" or choose((0, 0, 1)) else b""
        line = b"%s %s%s%s %s\r\n" % (method, choose(_BASES), path, query, choose(_VERSIONS))
        lines = [choose(_HOSTS), *self._key_lines(), *self._length_lines(body)]
        lines += [choose(_LINES) for _ in range(choose((0, 0, 0, 0, 0, 0, 1, 1, 2, 3)))]
        self._random.shuffle(lines)
        if choose(range(10)) == 0:
            # The body of a chunked request is always complete. If it were broken, the answer could depend on
            # when its parts arrive: the mock may answer or ask for the body before it sees the break.
            lines = [line for line in lines if not line.startswith((b"Content-Length", b"Expect"))]
            lines, body = [*lines, b"Transfer-Encoding: Chunked\r\n"], _chunked(body)
        return line + b"".join(lines) + b"\r\n" + body

    def _filled(self, text: bytes) -> bytes:
        return text.replace(b"ID", self._random.choice(self._ids))

    def _key_lines(self) -> list[bytes]:
        choose = self._random.choice
        name, key = choose((b"X-API-Key", b"x-api-key", b"X-Api-Key")), choose(self._keys)
        blanks = choose((b"", b"", b" ", b"\t"))
        if choose(range(20)) < 18:
            return [name + b":" + choose((b" ", b"", b"\t")) + key + blanks + b"\r\n"]
        return [
            b"".join(
                b"%s: %s\r\n" % (name, value) for value in choose(([], [b""], [key, key], [key.upper()]))
            )
        ]

    def _length_lines(self, body: bytes) -> list[bytes]:
        if not body:
            return []
        length = self._random.choice(_LENGTHS) % len(body)
        return [b"Content-Length: %s\r\n" % length] + ([_JSON] if self._random.choice((0, 1, 1, 1)) else [])


def _chunked(body: bytes) -> bytes:
    half = len(body) // 2
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:]) if part)
    return chunks + b"0\r\n\r\n"


_JSON = b"Content-Type: application/json\r\n"
# Calls of the API with a body in the right form.
_CALLS = (
    *(
        (b"GET", b"/tasks", b""),
        (b"GET", b"/tasks", b""),
        (b"POST", b"/health", b'{"ip":"::1","cpu_usage":1.5}'),
    ),
    *((b"PUT", b"/tasks/ID", b'{"status":"running"}'), (b"PUT", b"/tasks/ID", b'{"note":"a"}')),
    (
        b"PUT",
        b"/tasks/bulk",
        b'{"items":[{"link_id":"ID","status":"queued"},{"link_id":"ID"}]}',
    ),
    (b"POST", b"/logs", b'{"logs":[{"level":"INFO","message":"m"}]}'),
    (b"POST", b"/callback/link/update", b'{"link_id":"ID","status":"running"}'),
    (b"POST", b"/callback/link/complete", b'{"link_id":"ID","link_post":"https://a.example/1"}'),
)
_LENGTHS = (*((b"%d",) * 80), b"%03d", b" %d \t", b"+%d", b"0x%x", b"-%d", b"1%d")
_METHODS = (
    *((b"GET", b"PUT", b"POST") * 4),
    *(b"HEAD", b"OPTIONS", b"PATCH", b"DELETE", b"get", b"BREW", b"CONNECT"),
)
_BASES = (
    *((b"/api/v1/worker",) * 40),
    *(b"/API/v1/worker", b"http://a/api/v1/worker", b"/api/v1/workers", b"/_mock", b""),
)
_PATHS = (
    *(b"/health", b"/tasks", b"/tasks/bulk", b"/tasks/ID", b"/tasks/ID", b"/logs", b"/callback/link/update"),
    *(b"/callback/link/complete", b"/callback/request/status", b"/callback/account/status", b"", b"/"),
    *(b"/tasks/", b"/tasks//ID", b"/./tasks", b"/tasks/../tasks", b"/%74asks", b"/tasks;a=1", b"/tasks/~x"),
    b"/t\xc3\xa4sks",
)
_QUERIES = (
    *(b"", b"", b"", b"?", b"?limit=5", b"?limit=5&page=2", b"?limit=0", b"?status=pending,queued"),
    *(
        b"?after=ID",
        b"?limit=5&limit=6",
        b"?status=%70ending",
        b"?a=b=c&&",
        b"?limit",
        b"?limit=%35#x",
        b"??",
    ),
    b"?q='",
)
_VERSIONS = (
    *((b"HTTP/1.1",) * 120),
    *(b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.2", b"http/1.1", b"HTTP/1.1 ", b""),
)
_HOSTS = (
    *((b"Host: 127.0.0.1\r\n",) * 80),
    *(b"host:a \t\r\n", b"Host:\r\n", b"", b"Host: a\r\nHost: b\r\n"),
)
_LINES = (
    *(b"Accept: */*\r\n", b"User-Agent: a\tb\r\n", b"X-Empty:\r\n", b"X-Blanks:  a \t \r\n"),
    *(b"X-Octets: \xe9\xff\r\n", b"Cookie: a=b; c=d\r\n", b"Connection: keep-alive\r\n"),
    *(b"Connection: close\r\n", b"connection: Close \r\n", b"Connection: upgrade\r\nUpgrade: h2c\r\n"),
    *(b"Upgrade: websocket\r\n", b"Expect: 100-continue\r\n", b"Expect: else\r\n", b"TE: trailers\r\n"),
    *(b"Content-Encoding: gzip\r\n", b"Content-Encoding: Identity \r\n", b"Content-Length: 5\r\n"),
    *(b"Transfer-Encoding: gzip\r\n", b" folded\r\n"),
    *(b"X-Fold: a\r\n b\r\n", b"X-Nul: a\0b\r\n", b"X-Line: a\nX-Next: b\r\n", b"X-Return: a\rb\r\n"),
    *(b"no colon\r\n", b": no name\r\n", b"X-Blank : a\r\n", b"X(: a\r\n", b"\x16\x03\x01\r\n", _JSON),
    *(b"Content-Type: text/plain\r\n", b"content-type: APPLICATION/JSON; charset=utf-8\r\n"),
    b"X-Long: " + b"a" * 2100 + b"\r\n",
)
_BODIES = (
    *(b"", b"{}", b"null", b"[]", b"{", b"\0", b'"\xff"', b"\xef\xbb\xbf{}", b"2\r\n{}\r\n0\r\n\r\n"),
    *(b'{"status":"running"}', b'{"status":"queued","note":"a"}', b'{"link_id":"ID"}'),
    *(b'{"link_id":"ID","status":"running"}', b'{"logs":[{"level":"INFO","message":"m"}]}'),
    *(b'{"items":[{"link_id":"ID","status":"running"},{"link_id":"ID"}]}', b'{"ip":"::1","cpu_usage":1.5}'),
    *(b'{"request_id":"ID","status":"completed"}', b'{"note":"' + b"x" * 3000 + b'"}'),
)
