"""POST /health: what each value of its silences changes."""

from __future__ import annotations

from typing import Any

from tests.mockserver.dialects.dialect_client import HEARTBEAT, DialectClient
from tests.mockserver.dialects.examples import Examples

EXAMPLES = Examples()
example = EXAMPLES.add


@example("heartbeat-fields", "optional")
def _(client: DialectClient) -> None:
    assert client.post("/health", HEARTBEAT).status == 200
    assert client.post("/health", {"cpu_usage": 99}).status == 200
    assert client.post("/health", {}).status == 200
    assert client.state()["servers"][0]["heartbeat"] == {**HEARTBEAT, "cpu_usage": 99}


@example("heartbeat-fields", "required")
def _(client: DialectClient) -> None:
    for missing in HEARTBEAT:
        body = {name: value for name, value in HEARTBEAT.items() if name != missing}
        assert client.post("/health", body).status == 400
    assert client.state()["servers"][0]["heartbeat"] is None
    assert client.post("/health", HEARTBEAT).status == 200


def server_name_in_answer(client: DialectClient, **body: Any) -> str:
    return str(client.post("/health", body).body["data"]["server_name"])


@example("heartbeat-name", "registered")
def _(client: DialectClient) -> None:
    assert server_name_in_answer(client, server_name="other") == "server-01"


@example("heartbeat-name", "reported")
def _(client: DialectClient) -> None:
    assert server_name_in_answer(client, server_name="other") == "other"
    assert server_name_in_answer(client) == "server-01"


def statuses_of_spellings(client: DialectClient) -> dict[bytes, int]:
    spellings = (b"3", b"-3", b"3.0", b"3e0", b"3.5")
    bodies = {spelling: b'{"active_tasks": %s}' % spelling for spelling in spellings}
    return {spelling: client.post("/health", body).status for spelling, body in bodies.items()}


@example("integer-spelling", "any")
def _(client: DialectClient) -> None:
    assert statuses_of_spellings(client) == {b"3": 200, b"-3": 200, b"3.0": 200, b"3e0": 200, b"3.5": 400}


@example("integer-spelling", "digits")
def _(client: DialectClient) -> None:
    assert statuses_of_spellings(client) == {b"3": 200, b"-3": 200, b"3.0": 400, b"3e0": 400, b"3.5": 400}
    assert client.post("/health", b'{"cpu_usage": 3.0}').status == 200, "a float may have a fraction of zero"


@example("heartbeat-silence", "ignored")
def _(client: DialectClient) -> None:
    client.post("/health", HEARTBEAT)
    client.advance_clock("10h")
    assert client.list_tasks().status == 200


@example("heartbeat-silence", "offline")
def _(client: DialectClient) -> None:
    client.freeze_clock("2026-01-01T00:00:00Z")
    assert client.list_tasks().status == 401, "the world began more than 90 seconds before"
    assert client.list_tasks(server="server-02").status == 401
    assert client.state()["servers"][0]["status"] == "offline"
    check_server_set_online(client)
    check_server_with_heartbeats(client)


def check_server_set_online(client: DialectClient) -> None:
    """A server without heartbeats stays online for 90 seconds after somebody has set it online."""
    for second, status in (("01:30", 200), ("01:31", 401)):
        client.call_control("PATCH", "/servers/server-01", {"status": "online"})
        client.freeze_clock(f"2026-01-01T00:{second}Z")
        assert client.list_tasks().status == status
        client.freeze_clock("2026-01-01T00:00:00Z")


def check_server_with_heartbeats(client: DialectClient) -> None:
    """A server stays online for 90 seconds after its last heartbeat."""
    client.call_control("POST", "/reset")
    client.freeze_clock("2025-12-01T10:01:00Z")
    assert client.post("/health", HEARTBEAT).status == 200
    for second, status in (("02:29", 200), ("02:30", 200), ("02:31", 401)):
        client.freeze_clock(f"2025-12-01T10:{second}Z")
        assert client.list_tasks().status == status
    assert client.post("/health", HEARTBEAT).status == 401


@example("offline-heartbeat", "refused")
def _(client: DialectClient) -> None:
    assert client.post("/health", HEARTBEAT, server="server-03").status == 401
    assert client.list_tasks(server="server-03").status == 401


@example("offline-heartbeat", "revives")
def _(client: DialectClient) -> None:
    assert client.list_tasks(server="server-03").status == 401
    assert client.post("/health", {"cpu_usage": "much"}, server="server-03").status == 400
    assert client.list_tasks(server="server-03").status == 401, "a refused heartbeat changes nothing"
    assert client.post("/health", HEARTBEAT, server="server-03").status == 200
    assert client.list_tasks(server="server-03").status == 200
    assert client.state()["servers"][2]["status"] == "online"
    client.advance_clock("91s")
    assert client.list_tasks(server="server-03").status == 401
    assert client.post("/health", HEARTBEAT, server="server-03").status == 200
