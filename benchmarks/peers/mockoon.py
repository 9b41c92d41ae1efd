"""Mockoon's command line, with one environment."""

from __future__ import annotations

import uuid
from typing import Any

from benchmarks.peers.calls import Call
from benchmarks.peers.contender import API_PATH, Contender, Site, script, version
from workerkit.mockserver.worlds.world_builder import PAGE_KEY

_PACKAGE = "@mockoon/cli"
_RULE = {
    "target": "header",
    "modifier": "X-API-Key",
    "value": PAGE_KEY,
    "invert": False,
    "operator": "equals",
}


def mockoon(site: Site) -> Contender:
    """Canned answers for the right key, without templates, without its admin API.

    It could check a body by its schema, but compiles the schema anew for every request.
    """
    found = version(_PACKAGE)
    data = site.write("environment.json", _environment(site))
    words = ("start", "--data", data, "--port", str(site.port), "--hostname", "127.0.0.1")
    options = ("--disable-log-to-file", "--disable-admin-api", "--max-transaction-logs", "0")
    return Contender(
        name=f"Mockoon {found}",
        words=("node", script(_PACKAGE, "mockoon-cli"), *words, *options, "--repair"),
        does="canned answers; the key checked; bodies not (it would compile the schema for every request)",
    )


def _environment(site: Site) -> dict[str, Any]:
    routes = [_route(call) for call in site.calls]
    return {
        "uuid": _uuid(),
        "name": "worker",
        "port": site.port,
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
