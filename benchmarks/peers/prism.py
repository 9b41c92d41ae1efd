"""Prism, on this kit's own spec."""

from __future__ import annotations

import copy
import json
from typing import Any

from benchmarks.peers.calls import Call
from benchmarks.peers.contender import Contender, Site, script, version
from workerkit.openapi.spec.api import worker_api

_PACKAGE = "@stoplight/prism-cli"


def prism(site: Site) -> Contender:
    """The examples of the spec, of which the calls' answers are the first; requests checked by the spec."""
    found = version(_PACKAGE)
    root = copy.deepcopy(worker_api().document.root)
    for call in site.calls:
        _set_example(root, call)
    spec = site.write("worker-api.json", root)
    words = ("mock", "--host", "127.0.0.1", "--port", str(site.port), "--errors", "--verboseLevel", "silent")
    return Contender(
        name=f"Prism {found}",
        words=("node", script(_PACKAGE, "prism"), *words, "--cors", "false", spec),
        does="the spec's examples; bodies and parameters checked, of the key only that one comes",
        base_path="",
    )


def _set_example(root: dict[str, Any], call: Call) -> None:
    answer = root["paths"][call.path][call.method.lower()]["responses"]["200"]
    answer["content"]["application/json"]["examples"] = {"page": {"value": json.loads(call.answer)}}
