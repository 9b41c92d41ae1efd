"""Sets up Mockoon from its command line."""

from __future__ import annotations

import uuid
from typing import Any

from benchmarks.peers.calls import Call
from benchmarks.peers.measured_server import API_PATH, MeasuredServer, Workspace, script, version
from workerkit.mockserver.worlds.world_builder import EXAMPLE_KEY

_PACKAGE = "@mockoon/cli"
_RULE = {
    "target": "header",
    "modifier": "X-API-Key",
    "value": EXAMPLE_KEY,
    "invert": False,
    "operator": "equals",
}


def mockoon(workspace: Workspace) -> MeasuredServer:
    """Returns a Mockoon server with fixed answers for the right key, without templates and admin API.

    Mockoon can check a body against a schema, but it compiles the schema again for each request. So no schema
    is used here.
    """
    installed_version = version(_PACKAGE)
    data = workspace.write("environment.json", _environment(workspace))
    arguments = ("start", "--data", data, "--port", str(workspace.port), "--hostname", "127.0.0.1")
    options = ("--disable-log-to-file", "--disable-admin-api", "--max-transaction-logs", "0")
    return MeasuredServer(
        name=f"Mockoon {installed_version}",
        command=("node", script(_PACKAGE, "mockoon-cli"), *arguments, *options, "--repair"),
        does="fixed answers; checks the key, not the bodies (it compiles the schema for each request)",
    )


def _environment(workspace: Workspace) -> dict[str, Any]:
    routes = [_route(call) for call in workspace.calls]
    return {
        "uuid": _uuid(),
        "name": "worker",
        "port": workspace.port,
        "hostname": "127.0.0.1",
        "endpointPrefix": API_PATH.removeprefix("/"),
        "cors": False,
        "routes": routes,
        "rootChildren": [{"type": "route", "uuid": route["uuid"]} for route in routes],
    }


def _route(call: Call) -> dict[str, Any]:
    return {
        "uuid": _uuid(),
        "type": "http",
        "method": call.method.lower(),
        "endpoint": call.path.removeprefix("/").replace("{id}", ":id"),
        "responses": [_answer(200, call.answer.decode(), [_RULE]), {**_answer(401, "", []), "default": True}],
    }


def _answer(status: int, body: str, rules: list[Any]) -> dict[str, Any]:
    headers = [{"key": "Content-Type", "value": "application/json"}]
    return {
        "uuid": _uuid(),
        "statusCode": status,
        "headers": headers,
        "bodyType": "INLINE",
        "body": body,
        "rules": rules,
        "disableTemplating": True,
    }


def _uuid() -> str:
    return str(uuid.uuid4())
