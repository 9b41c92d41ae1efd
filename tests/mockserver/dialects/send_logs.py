"""POST /logs: what each value of its silences changes."""

from __future__ import annotations

from typing import Any

from tests.mockserver.dialects.dialect_client import LOG_ENTRY, DialectClient, JsonAnswer
from tests.mockserver.dialects.examples import Examples

EXAMPLES = Examples()
example = EXAMPLES.add


def stored_levels(client: DialectClient) -> list[Any]:
    return [entry["level"] for entry in client.state()["logs"]]


@example("logs-empty", "reject")
def _(client: DialectClient) -> None:
    assert client.send_logs().status == 400


@example("logs-empty", "accept")
def _(client: DialectClient) -> None:
    assert client.send_logs() == JsonAnswer(200, {"success": True, "created": 0})
    assert stored_levels(client) == []


FLAWED_ENTRIES: tuple[Any, ...] = ({"level": "FATAL", "message": "x"}, {"level": "INFO"}, "text", None)


@example("logs-bad-entry", "whole")
def _(client: DialectClient) -> None:
    for flawed in FLAWED_ENTRIES:
        assert client.send_logs(LOG_ENTRY, flawed).status == 400
    assert stored_levels(client) == []


@example("logs-bad-entry", "skip")
def _(client: DialectClient) -> None:
    assert client.send_logs(*FLAWED_ENTRIES, LOG_ENTRY, *FLAWED_ENTRIES).body["created"] == 1
    assert stored_levels(client) == ["INFO"]
    assert client.send_logs(*FLAWED_ENTRIES).body["created"] == 0


@example("log-level-case", "exact")
def _(client: DialectClient) -> None:
    for level in ("info", "Warn"):
        assert client.send_logs({**LOG_ENTRY, "level": level}).status == 400


@example("log-level-case", "any")
def _(client: DialectClient) -> None:
    levels = ("info", "Warn", "eRROR", "DEBUG")
    assert (
        client.send_logs(*({"level": level, "message": "stays small"} for level in levels)).body["created"]
        == 4
    )
    assert stored_levels(client) == ["INFO", "WARN", "ERROR", "DEBUG"]
    assert client.state()["logs"][0]["message"] == "stays small"
    assert client.send_logs({"level": "fatal", "message": "x"}).status == 400
