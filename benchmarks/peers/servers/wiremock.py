"""Sets up WireMock with the jar of its npm package and the installed Java."""

from __future__ import annotations

import re
import shutil
from typing import Any

from benchmarks.peers.calls import Call
from benchmarks.peers.measured_server import (
    API_PATH,
    MODULES,
    MeasuredServer,
    MissingProgramError,
    Workspace,
    version,
)
from workerkit.mockserver.worlds.world_builder import EXAMPLE_KEY


def wiremock(workspace: Workspace) -> MeasuredServer:
    """Returns a WireMock server with fixed answers for the right key and valid bodies. No journal, no log."""
    installed_version = version("wiremock")
    java = shutil.which("java")
    if java is None:
        raise MissingProgramError("Java is not installed")
    (jar,) = (MODULES / "wiremock/build").glob("*.jar")
    for number, call in enumerate(workspace.calls):
        workspace.write(f"mappings/{number}.json", _mapping(call))
    return MeasuredServer(
        name=f"WireMock {installed_version}",
        command=(java, "-jar", str(jar), *_flags(workspace)),
        does="fixed answers; checks the key and bodies (JSON Schema); its journal is off",
    )


def _flags(workspace: Workspace) -> tuple[str, ...]:
    return (
        *("--bind-address", "127.0.0.1", "--port", str(workspace.port), "--root-dir", str(workspace.folder)),
        *("--no-request-journal", "--disable-request-logging", "--disable-response-templating"),
        *("--disable-gzip", "--disable-banner", "--use-chunked-encoding", "never"),
    )


def _mapping(call: Call) -> dict[str, Any]:
    path = re.escape(API_PATH + call.path).replace(r"\{id\}", "[^/]+")
    request: dict[str, Any] = {
        "method": call.method,
        "urlPathPattern": path,
        "headers": {"X-API-Key": {"equalTo": EXAMPLE_KEY}},
    }
    if call.schema is not None:
        schema = {"matchesJsonSchema": call.schema, "schemaVersion": "V202012"}
        request["bodyPatterns"] = [schema]
    headers = {"Content-Type": "application/json"}
    return {
        "request": request,
        "response": {"status": 200, "headers": headers, "body": call.answer.decode()},
    }
