"""Sets up Prism with the spec of this kit."""

from __future__ import annotations

import copy
import json
from typing import Any

from benchmarks.peers.calls import Call
from benchmarks.peers.measured_server import MeasuredServer, Workspace, script, version
from workerkit.openapi.spec.api import worker_api

_PACKAGE = "@stoplight/prism-cli"


def prism(workspace: Workspace) -> MeasuredServer:
    """Returns a Prism server with the spec. The examples in the spec are replaced by the fixed answers."""
    installed_version = version(_PACKAGE)
    root = copy.deepcopy(worker_api().document.root)
    for call in workspace.calls:
        _set_example(root, call)
    spec = workspace.write("worker-api.json", root)
    arguments = (
        "mock",
        "--host",
        "127.0.0.1",
        "--port",
        str(workspace.port),
        "--errors",
        "--verboseLevel",
        "silent",
    )
    return MeasuredServer(
        name=f"Prism {installed_version}",
        command=("node", script(_PACKAGE, "prism"), *arguments, "--cors", "false", spec),
        does="examples of the spec; checks bodies and parameters, and that a key is there, but not which one",
        base_path="",
    )


def _set_example(root: dict[str, Any], call: Call) -> None:
    answer = root["paths"][call.path][call.method.lower()]["responses"]["200"]
    answer["content"]["application/json"]["examples"] = {"page": {"value": json.loads(call.answer)}}
