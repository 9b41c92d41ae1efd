"""The mock as an HTTP server in a thread."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import requests

from workerkit.mockserver.server import server
from workerkit.mockserver.server.server import CannotListenError, TokenNeededError, WorldServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

KEY = {"X-API-Key": "server-01-key"}


def default_worlds() -> Worlds:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=1, with_tasks=False))
    return worlds


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_the_addresses_of_the_server_work(mock: WorldServer, http: requests.Session, key: str) -> None:
    assert mock.origin == f"http://127.0.0.1:{mock.port}"
    assert mock.base_url == f"{mock.origin}/api/v1/worker"
    assert mock.control_url == f"{mock.origin}/_mock"
    assert mock.docs_url == f"{mock.origin}/docs"
    assert http.get(mock.docs_url, timeout=120).status_code == 200
    assert http.get(f"{mock.base_url}/tasks", headers={"X-API-Key": key}, timeout=120).status_code == 200
    assert http.get(f"{mock.control_url}/health", timeout=120).status_code == 200


def test_the_server_answers_until_the_with_block_ends() -> None:
    with WorldServer(default_worlds()) as running:
        for _ in range(3):
            assert requests.get(f"{running.base_url}/tasks", headers=KEY, timeout=120).status_code == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{running.base_url}/tasks", headers=KEY, timeout=120)


def test_the_server_leaves_no_thread_and_frees_its_port(http: requests.Session) -> None:
    before = threading.active_count()
    with WorldServer(default_worlds()) as running:
        assert threading.active_count() == before + 1
        port = running.port
    assert threading.active_count() == before
    with WorldServer(default_worlds(), port=port) as again:
        assert http.get(f"{again.control_url}/health", timeout=120).status_code == 200


def test_two_servers_run_side_by_side(http: requests.Session) -> None:
    with WorldServer(default_worlds()) as one, WorldServer(default_worlds()) as other:
        assert one.port != other.port
        http.post(f"{one.base_url}/health", json={"ip": "::1"}, headers=KEY, timeout=120)
        heartbeats = [
            running.worlds.world(DEFAULT).servers["server-01"].heartbeat for running in (one, other)
        ]
    assert heartbeats == [{"ip": "::1"}, None]


def test_a_used_port_is_refused(mock: WorldServer) -> None:
    with pytest.raises(CannotListenError, match=f"cannot listen on 127.0.0.1:{mock.port}: .*in use"):
        WorldServer(Worlds(), port=mock.port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotListenError, match=r"cannot listen on 192\.0\.2\.7:0"):
        WorldServer(Worlds(), host="192.0.2.7", token="a-token-of-tests")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "mock.example"])
def test_an_address_that_other_machines_can_reach_needs_a_token(host: str) -> None:
    with pytest.raises(TokenNeededError, match="--control-token"):
        WorldServer(Worlds(), host=host)


def test_an_ipv6_address_is_in_brackets(http: requests.Session) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with WorldServer(default_worlds(), host="::1") as running:
        assert running.origin == f"http://[::1]:{running.port}"
        assert http.get(f"{running.control_url}/health", timeout=120).status_code == 200


def test_a_function_runs_in_the_thread_of_the_server(mock: WorldServer) -> None:
    assert mock.run_in_server_thread(lambda: threading.current_thread().name) == "workerkit-mock"
    assert threading.current_thread().name != "workerkit-mock"


def test_an_exception_of_a_function_is_raised_for_its_caller(mock: WorldServer) -> None:
    def fail() -> None:
        raise ZeroDivisionError("in the test")

    with pytest.raises(ZeroDivisionError, match="in the test"):
        mock.run_in_server_thread(fail)
    assert mock.run_in_server_thread(lambda: 7) == 7


class StopObserver(logging.Handler):
    """Sees in the log that a stopping server waits for its connections."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waiting = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if "waiting for connections" in record.getMessage():
            self.is_waiting.set()


@pytest.fixture
def stop_observer(monkeypatch: pytest.MonkeyPatch) -> Iterator[StopObserver]:
    """Observes a stopping server. The server may wait for its connections for two minutes."""
    monkeypatch.setattr(server, "_SECONDS_TO_FINISH", 120)
    logger, handler = logging.getLogger("workerkit.mockserver"), StopObserver()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.setLevel(level)
    logger.removeHandler(handler)


def test_a_begun_request_is_answered_while_the_server_stops(stop_observer: StopObserver) -> None:
    running = WorldServer(default_worlds()).__enter__()
    head = b"POST /api/v1/worker/health HTTP/1.1\r\nHost: a\r\nX-API-Key: server-01-key\r\n"
    with socket.create_connection((running.host, running.port), timeout=120) as connection:
        connection.sendall(head + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        stopping = threading.Thread(target=running.__exit__, args=(None, None, None))
        stopping.start()
        assert stop_observer.is_waiting.wait(120)
        connection.sendall(b"{}")
        answer = b"".join(iter(lambda: connection.recv(1000), b""))
    stopping.join()
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_head_without_its_body_is_answered_while_the_server_stops(stop_observer: StopObserver) -> None:
    running = WorldServer(default_worlds()).__enter__()
    lines = b"Host: a\r\nX-API-Key: server-01-key\r\nContent-Length: 2\r\n"
    head = b"POST /api/v1/worker/health HTTP/1.1\r\n" + lines + b"\r\n"
    with socket.create_connection((running.host, running.port), timeout=120) as connection:
        connection.sendall(head + b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        connection.sendall(head)
        for _ in range(3):  # each call lets the event loop run once, so the head has arrived then
            running.run_in_server_thread(lambda: None)
        stopping = threading.Thread(target=running.__exit__, args=(None, None, None))
        stopping.start()
        assert stop_observer.is_waiting.wait(120)
        connection.sendall(b"{}")
        answer = b"".join(iter(lambda: connection.recv(1000), b""))
    stopping.join()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answer


def test_answers_have_no_date_and_no_server_header(call: Callable[..., requests.Response]) -> None:
    assert sorted(name.lower() for name in call("GET", "/tasks").headers) == [
        "content-length",
        "content-type",
    ]


def test_a_function_sees_all_exchanges_that_were_answered_before(
    mock: WorldServer, world: World, call: Callable[..., requests.Response]
) -> None:
    def count() -> int:
        return len(world.journal)

    for number in range(50):
        call("GET", "/tasks")
        assert mock.run_in_server_thread(count) == number + 1
