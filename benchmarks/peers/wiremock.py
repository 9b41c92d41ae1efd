"""WireMock, from the jar in its npm package, on the machine's Java."""

from __future__ import annotations

import re
import shutil
from typing import Any

from benchmarks.peers.calls import Call
from benchmarks.peers.contender import API_PATH, MODULES, Contender, Missing, Site, version
from workerkit.mockserver.worlds.world_builder import PAGE_KEY


def wiremock(site: Site) -> Contender:
    """Canned answers for the right key and for a body that is valid by its schema; no journal, no logging."""
    found = version("wiremock")
    java = shutil.which("java")
    if java is None:
        raise Missing("Java is not on this machine")
    (jar,) = (MODULES / "wiremock/build").glob("*.jar")
    for number, call in enumerate(site.calls):
        site.write(f"mappings/{number}.json", _mapping(call))
    return Contender(
        name=f"WireMock {found}",
        words=(java, "-jar", str(jar), *_flags(site)),
        does="canned answers; key and body checked (JSON Schema); its journal is switched off",
    )


def _flags(site: Site) -> tuple[str, ...]:
    return (
        *("--bind-address", "127.0.0.1", "--port", str(site.port), "--root-dir", str(site.folder)),
        *("--no-request-journal", "--disable-request-logging", "--disable-response-templating"),
        *("--disable-gzip", "--disable-banner", "--use-chunked-encoding", "never"),
    )


def _mapping(call: Call) -> dict[str, Any]:
    path = re.escape(API_PATH + call.path).replace(r"\{id\}", "[^/]+")
    request: dict[str, Any] = {
        "method": call.method,
        "urlPathPattern": path,
        "headers": {"X-API-Key": {"equalTo": PAGE_KEY}},
    }
    if call.schema is not None:
        schema = {"matchesJsonSchema": call.schema, "schemaVersion": "V202012"}
        request["bodyPatterns"] = [schema]
    headers = {"Content-Type": "application/json"}
    return {
        "request": request,
        "response": {"status": 200, "headers": headers, "body": call.answer.decode()},
    }
