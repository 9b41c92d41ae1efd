"""Mountebank, with one imposter."""

from __future__ import annotations

import re
from typing import Any

from benchmarks.peers.calls import Call
from benchmarks.peers.contender import API_PATH, Contender, Site, script, version
from benchmarks.running import free_port
from workerkit.mockserver.worlds.world_builder import PAGE_KEY

_PACKAGE = "@mbtest/mountebank"


def mountebank(site: Site) -> Contender:
    """Canned answers for the right key; requests are not recorded."""
    found = version(_PACKAGE)
    imposter = {"port": site.port, "host": "127.0.0.1", "protocol": "http", "stubs": _stubs(site)}
    config = site.write("imposters.json", {"imposters": [imposter]})
    words = ("start", "--host", "127.0.0.1", "--port", str(free_port()), "--configfile", config, "--noParse")
    return Contender(
        name=f"Mountebank {found}",
        words=("node", script(_PACKAGE, "mb"), *words, "--nologfile", "--loglevel", "error", "--localOnly"),
        does="canned answers; the key checked; bodies not, it has no schemas",
    )


def _stubs(site: Site) -> list[dict[str, Any]]:
    refused = {"responses": [{"is": {"statusCode": 401, "body": ""}}]}
    return [*map(_stub, site.calls), refused]


def _stub(call: Call) -> dict[str, Any]:
    asked = {"method": call.method, "headers": {"X-API-Key": PAGE_KEY}}
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
        "predicates": [{"equals": asked}, {"matches": {"path": path}}],
        "responses": [{"is": answer}],
    }
