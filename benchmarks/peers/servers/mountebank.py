"""Sets up Mountebank with one imposter: Mountebank's word for a mock server."""

from __future__ import annotations

import re
from typing import Any

from benchmarks.peers.calls import Call
from benchmarks.peers.measured_server import API_PATH, MeasuredServer, Workspace, script, version
from benchmarks.running import free_port
from workerkit.mockserver.worlds.world_builder import EXAMPLE_KEY

_PACKAGE = "@mbtest/mountebank"


def mountebank(workspace: Workspace) -> MeasuredServer:
    """Returns a Mountebank server with fixed answers for the right key. It does not record requests."""
    installed_version = version(_PACKAGE)
    imposter = {"port": workspace.port, "host": "127.0.0.1", "protocol": "http", "stubs": _stubs(workspace)}
    config = workspace.write("imposters.json", {"imposters": [imposter]})
    arguments = (
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(free_port()),
        "--configfile",
        config,
        "--noParse",
    )
    return MeasuredServer(
        name=f"Mountebank {installed_version}",
        command=(
            "node",
            script(_PACKAGE, "mb"),
            *arguments,
            "--nologfile",
            "--loglevel",
            "error",
            "--localOnly",
        ),
        does="fixed answers; checks the key, not the bodies (it has no schemas)",
    )


def _stubs(workspace: Workspace) -> list[dict[str, Any]]:
    refused = {"responses": [{"is": {"statusCode": 401, "body": ""}}]}
    return [*map(_stub, workspace.calls), refused]


def _stub(call: Call) -> dict[str, Any]:
    expected = {"method": call.method, "headers": {"X-API-Key": EXAMPLE_KEY}}
    path = f"^{re.escape(API_PATH + call.path)}$".replace(r"\{id\}", "[^/]+")
    answer = {
        "statusCode": 200,
        "headers": {
            "Content-Type": "application/json",
            "Content-Length": len(call.answer),
            "Connection": "keep-alive",
        },
        "body": call.answer.decode(),
    }
    return {
        "predicates": [{"equals": expected}, {"matches": {"path": path}}],
        "responses": [{"is": answer}],
    }
