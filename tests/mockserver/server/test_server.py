"""The mock as a server in a thread."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import requests

from workerkit.mockserver.server import server
from workerkit.mockserver.server.server import CannotListenError, MockServer, TokenNeededError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

KEY = {"X-API-Key": "server-01-key"}


def default_worlds() -> Worlds:
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=1, tasks=False))
    return worlds


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_its_addresses_are_those_that_answer(mock: MockServer, http: requests.Session, key: str) -> None:
    assert mock.origin == f"http://127.0.0.1:{mock.port}"
    assert mock.base_url == f"{mock.origin}/api/v1/worker"
    assert mock.control_url == f"{mock.origin}/_mock"
    assert http.get(f"{mock.base_url}/tasks", headers={"X-API-Key": key}, timeout=120).status_code == 200
    assert http.get(f"{mock.control_url}/health", timeout=120).status_code == 200


def test_it_answers_from_the_first_moment_and_no_longer_after_its_end() -> None:
    with MockServer(default_worlds()) as running:
        for _ in range(3):
            assert requests.get(f"{running.base_url}/tasks", headers=KEY, timeout=120).status_code == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{running.base_url}/tasks", headers=KEY, timeout=120)


def test_nothing_is_left_of_it_after_its_end(http: requests.Session) -> None:
    before = threading.active_count()
    with MockServer(default_worlds()) as running:
        assert threading.active_count() == before + 1
        port = running.port
    assert threading.active_count() == before
    with MockServer(default_worlds(), port=port) as again:
        assert http.get(f"{again.control_url}/health", timeout=120).status_code == 200


def test_two_servers_run_side_by_side(http: requests.Session) -> None:
    with MockServer(default_worlds()) as one, MockServer(default_worlds()) as other:
        assert one.port != other.port
        http.post(f"{one.base_url}/health", json={"ip": "::1"}, headers=KEY, timeout=120)
        beats = [running.worlds.world(DEFAULT).servers["server-01"].heartbeat for running in (one, other)]
    assert beats == [{"ip": "::1"}, None]


def test_a_port_that_is_taken_cannot_be_listened_on(mock: MockServer) -> None:
    with pytest.raises(CannotListenError, match=f"cannot listen on 127.0.0.1:{mock.port}: .*in use"):
        MockServer(Worlds(), port=mock.port)


def test_an_address_of_another_machine_cannot_be_listened_on() -> None:
    with pytest.raises(CannotListenError, match=r"cannot listen on 192\.0\.2\.7:0"):
        MockServer(Worlds(), host="192.0.2.7", token="a-token-of-tests")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "mock.example"])
def test_an_address_that_others_reach_needs_a_token(host: str) -> None:
    with pytest.raises(TokenNeededError, match="--control-token"):
        MockServer(Worlds(), host=host)


def test_the_address_of_ipv6_stands_in_brackets(http: requests.Session) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with MockServer(default_worlds(), host="::1") as running:
        assert running.origin == f"http://[::1]:{running.port}"
        assert http.get(f"{running.control_url}/health", timeout=120).status_code == 200


def test_a_question_is_answered_in_the_thread_that_owns_the_worlds(mock: MockServer) -> None:
    assert mock.ask(lambda: threading.current_thread().name) == "workerkit-mock"
    assert threading.current_thread().name != "workerkit-mock"


def test_what_goes_wrong_in_a_question_is_the_askers(mock: MockServer) -> None:
    def fail() -> None:
        raise ZeroDivisionError("of the asker")

    with pytest.raises(ZeroDivisionError, match="of the asker"):
        mock.ask(fail)
    assert mock.ask(lambda: 7) == 7


class Waiting(logging.Handler):
    """Notices that a server which is to end waits for its connections."""

    def __init__(self) -> None:
        super().__init__()
        self.noticed = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if "Waiting for connections" in record.getMessage():
            self.noticed.set()


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Waiting]:
    """Of a server that stops; it waits for as long as it takes."""
    monkeypatch.setattr(server, "_SECONDS_TO_FINISH", 120)
    logger, handler = logging.getLogger("uvicorn.error"), Waiting()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.setLevel(level)
    logger.removeHandler(handler)


def test_an_answer_that_is_open_at_the_end_is_finished(waiting: Waiting) -> None:
    running = MockServer(default_worlds()).__enter__()
    head = b"POST /api/v1/worker/health HTTP/1.1\r\nX-API-Key: server-01-key\r\n"
    with socket.create_connection((running.host, running.port), timeout=120) as connection:
        connection.sendall(head + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        ending = threading.Thread(target=running.__exit__, args=(None, None, None))
        ending.start()
        assert waiting.noticed.wait(120)
        connection.sendall(b"{}")
        answer = b"".join(iter(lambda: connection.recv(1000), b""))
    ending.join()
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_request_whose_body_is_still_to_come_at_the_end_is_answered(waiting: Waiting) -> None:
    running = MockServer(default_worlds()).__enter__()
    head = b"POST /api/v1/worker/health HTTP/1.1\r\nX-API-Key: server-01-key\r\nContent-Length: 2\r\n\r\n"
    with socket.create_connection((running.host, running.port), timeout=120) as connection:
        connection.sendall(head + b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        connection.sendall(head)
        for _ in range(3):  # a turn of the server's loop each, by which the head has come
            running.ask(lambda: None)
        ending = threading.Thread(target=running.__exit__, args=(None, None, None))
        ending.start()
        assert waiting.noticed.wait(120)
        connection.sendall(b"{}")
        answer = b"".join(iter(lambda: connection.recv(1000), b""))
    ending.join()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answer


def test_no_answer_has_a_time_of_its_own_or_names_the_server(call: Callable[..., requests.Response]) -> None:
    assert sorted(name.lower() for name in call("GET", "/tasks").headers) == [
        "content-length",
        "content-type",
    ]


def test_a_question_sees_every_exchange_that_was_answered_before_it(
    mock: MockServer, world: World, call: Callable[..., requests.Response]
) -> None:
    def count() -> int:
        return len(world.journal)

    for number in range(50):
        call("GET", "/tasks")
        assert mock.ask(count) == number + 1
