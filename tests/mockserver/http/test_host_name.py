"""Tests the names and addresses of this machine."""

from __future__ import annotations

import pytest
import requests

from workerkit.mockserver.http.host_name import canonical_host, is_loopback
from workerkit.mockserver.server.server import TokenNeededError, WorldServer
from workerkit.mockserver.worlds.worlds import Worlds


@pytest.mark.parametrize(
    ("host", "canonical"),
    [
        ("LOCALHOST", "localhost"),
        ("127.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("2130706433", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("127.0.0.1", "127.0.0.1"),
        ("mock.example", "mock.example"),
        ("999", "0.0.3.231"),
        ("1.2.3.4.5", "1.2.3.4.5"),
        ("300.1.1.1", "300.1.1.1"),
    ],
)
def test_a_host_is_written_in_one_form(host: str, canonical: str) -> None:
    assert canonical_host(host) == canonical


@pytest.mark.parametrize("host", ["127.1", "LocalHost", "a.LOCALHOST", "[::1]", "::1", "127.8.9.10"])
def test_names_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0", "10.1", "[::2]", "localhost.example", "127.1.example", "127.1 x"])
def test_names_of_other_machines(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("host", "shown"), [("LOCALHOST", "localhost"), ("127.1", "127.0.0.1"), ("[::1]", "[::1]")]
)
def test_a_mock_listens_on_this_machine_without_a_token(
    http: requests.Session, host: str, shown: str
) -> None:
    with WorldServer(Worlds(), host=host) as mock:
        assert mock.control_url == f"http://{shown}:{mock.port}/_mock"
        assert http.get(f"{mock.control_url}/health", timeout=120).status_code == 200


@pytest.mark.parametrize("host", ["0", "0.0.0.0", "::", "10.1"])
def test_a_mock_for_other_machines_needs_a_token(host: str) -> None:
    with pytest.raises(TokenNeededError):
        WorldServer(Worlds(), host=host)
