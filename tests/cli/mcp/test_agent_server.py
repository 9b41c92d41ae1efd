"""An agent that speaks the protocol walks from a failed run to the exchanges of the broken rule."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml

pytest.importorskip("mcp")

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from workerkit.cli.mcp.agent_server import agent_server
from workerkit.cli.mcp.agent_state import AgentState
from workerkit.cli.mcp.agent_tools import AgentTools
from workerkit.cli.mcp.bounded_answer import MAX_CHARACTERS
from workerkit.scenarios.library import library

Json = dict[str, Any]
Call = Callable[..., Any]
PATIENCE = 120.0
# It goes on without a pause after a 401, and gives up after 50 of them.
CARELESS = """
import json, os, urllib.error, urllib.request
def ask(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"], "Content-Type": "application/json"}
    request = urllib.request.Request(os.environ["LIKEPION_BASE_URL"] + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError:
        refused.append(path)
        return None
refused = []
while len(refused) < 50:
    page = ask("GET", "/tasks?status=pending,queued,running")
    for task in page["data"] if page else ():
        for status in ("running", "completed"):
            ask("PUT", "/tasks/" + task["id"], {"status": status})
"""


def value_of(result: Any) -> Json:
    text = result.content[0].text
    assert not result.is_error, text
    assert len(text) < MAX_CHARACTERS + 4_000
    value: Json = json.loads(text)
    return value


def error_of(result: Any) -> str:
    assert result.is_error
    text: str = result.content[0].text
    return text


@asynccontextmanager
async def over_stdio(*command: str) -> AsyncIterator[Client]:
    """A client of `workerkit mcp`, started as an agent starts it."""
    words = ["-m", "workerkit", "mcp", "--", *command]
    server = StdioServerParameters(command=sys.executable, args=words, env=dict(os.environ))
    async with Client(stdio_client(server)) as client:
        yield client


@asynccontextmanager
async def in_this_process(*command: str) -> AsyncIterator[Client]:
    """A client of a server in this process."""
    with AgentState() as state:
        async with Client(agent_server(AgentTools(state, command))) as client:
            yield client


# To start the command takes 3 s of CPU time: the package mcp builds its classes at each import.
@pytest.mark.parametrize("connected", [in_this_process, pytest.param(over_stdio, marks=pytest.mark.long)])
def test_from_a_failed_run_to_the_exchanges_of_the_broken_rule(
    tmp_path: Path, connected: Callable[..., Any]
) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text(CARELESS)

    async def walk() -> None:
        async with connected(sys.executable, str(worker)) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert {"scenarios", "exec", "verdict", "journal", "faults", "spec", "replay"} <= names
            run = value_of(await client.call_tool("exec", {"scenarios": ["key-revoked"]}))
            assert (run["verdict"], run["failed"]) == ("fail", ["key-revoked"])
            cause = run["causes"][0]
            assert (cause["rule"], cause["scenario"]) == ("pause-on-401", "key-revoked")
            verdict = value_of(await client.call_tool("verdict", {"of": run["run"]}))
            broken = next(rule for rule in verdict["items"][0]["broken"] if rule["rule"] == "pause-on-401")
            numbers = broken["exchanges"]["first"][:3]
            shown = value_of(await client.call_tool("journal", {"of": run["run"], "numbers": numbers}))
            assert [exchange["number"] for exchange in shown["exchanges"]] == numbers
            assert {exchange["status"] for exchange in shown["exchanges"]} == {401}
            refused = await client.call_tool("exec", {"command": ["true"]})
            assert "this server starts only the command" in error_of(refused)

    anyio.run(walk)


async def with_tools(walk: Callable[[Client], Any]) -> None:
    async with in_this_process() as client:
        await walk(client)


def test_a_world_with_a_fault_shows_what_a_worker_did(tmp_path: Path) -> None:
    async def walk(client: Client) -> None:
        kinds = value_of(await client.call_tool("faults", {}))["kinds"]
        assert kinds["lost-answer"]
        explained = value_of(await client.call_tool("faults", {"kind": "status"}))
        assert "status" in explained["parameters"]["properties"]
        made = value_of(await client.call_tool("world", {"scenario": "quiet-day"}))
        fault = {"fault": "status", "status": 503, "nth": 1}
        added = value_of(await client.call_tool("faults", {"world": made["world"], "add": fault}))
        assert len(added["faults"]) == 1
        key, url = made["environment"]["LIKEPION_API_KEY"], made["environment"]["LIKEPION_BASE_URL"]
        ask = ["curl", "-s", "-H", f"X-API-Key: {key}", f"{url}/tasks?limit=30"]
        for _ in range(2):
            await anyio.to_thread.run_sync(lambda: subprocess.run(ask, check=True, capture_output=True))
        listed = value_of(await client.call_tool("journal", {"of": made["world"]}))
        assert [exchange["status"] for exchange in listed["exchanges"]] == [503, 200]
        assert key not in json.dumps(listed)
        first = listed["exchanges"][1]["answer"]
        rest = value_of(
            await client.call_tool("journal", {"of": made["world"], "numbers": [2], "body_start": 1_000})
        )["exchanges"][0]["answer"]
        assert (len(first["body"]), first["body_characters"] > 2_000) == (1_000, True)
        assert rest["body"] != first["body"]
        verdict = value_of(await client.call_tool("verdict", {"of": made["world"]}))
        assert (verdict["verdict"], verdict["requests"]) == ("fail", 2)
        cleared = value_of(await client.call_tool("faults", {"world": made["world"], "clear": True}))
        assert cleared["faults"] == []
        assert value_of(await client.call_tool("world", {"remove": made["world"]})) == {
            "removed": made["world"]
        }
        assert "there is no world" in error_of(await client.call_tool("verdict", {"of": made["world"]}))

    anyio.run(with_tools, walk)


def test_lists_and_texts_go_on_where_they_ended() -> None:
    async def walk(client: Client) -> None:
        listed = value_of(await client.call_tool("scenarios", {"start": 3}))
        names = [item["name"] for item in listed["items"]]
        assert (names, listed["count"]) == (list(library.names())[3:], len(library.names()))
        operations = value_of(await client.call_tool("spec", {}))["items"]
        assert {"operation": "listTasks", "request": "GET /api/v1/worker/tasks"} in operations
        whole = value_of(await client.call_tool("spec", {"operation": "bulkUpdateTasks"}))
        assert list(yaml.safe_load(whole["text"])["paths"]) == ["/tasks/bulk"]
        part = value_of(await client.call_tool("spec", {"operation": "bulkUpdateTasks", "start": 8_000}))
        assert (part["text"], part["next_start"]) == (whole["text"][8_000:], None)
        explained = value_of(await client.call_tool("scenarios", {"name": "key-revoked"}))
        assert "pause-on-401" in explained["text"]

    anyio.run(with_tools, walk)


def test_a_capsule_of_a_failed_run_is_replayed(tmp_path: Path) -> None:
    async def walk(client: Client) -> None:
        command = [sys.executable, "-S", "-c", "print('nothing is done')"]
        arguments = {"command": command, "scenarios": ["quiet-day"], "save_capsules": str(tmp_path)}
        run = value_of(await client.call_tool("exec", arguments))
        assert run["verdict"] == "fail"
        verdict = value_of(await client.call_tool("verdict", {"of": "r1", "scenario": "quiet-day"}))
        assert verdict["end_of_output"] == "nothing is done\n"
        replayed = value_of(await client.call_tool("replay", {"file": str(tmp_path / "quiet-day.yaml")}))
        assert replayed["verdict"] == "reproduced"

    anyio.run(with_tools, walk)


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("exec", {}, "give the command of the worker"),
        (
            "exec",
            {"command": ["no-such-command"], "scenarios": ["quiet-day"]},
            "no-such-command was not found",
        ),
        ("exec", {"command": ["true"], "scenarios": ["quiet-dy"]}, "quiet-day"),
        ("verdict", {"of": "r7"}, "there is no run r7; there are none"),
        ("spec", {"operation": "listTask"}, "there is no operation listTask; there are"),
        ("faults", {"kind": "slow"}, "there is no fault slow; there are"),
        ("replay", {"file": "missing.yaml"}, "missing.yaml"),
        ("world", {"scenario": "two-at-once"}, "two-at-once"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(tool: str, arguments: Json, message: str) -> None:
    async def walk(client: Client) -> None:
        assert message in error_of(await client.call_tool(tool, arguments))

    anyio.run(with_tools, walk)
