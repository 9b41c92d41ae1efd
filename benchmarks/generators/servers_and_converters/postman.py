"""Postman's converter, openapi-to-postmanv2."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from benchmarks.generators.generated_client import Workspace, node_package
from benchmarks.generators.servers_and_converters.taken_spec import PEER_TOOLS, TakenSpec, operations_of


def postman(workspace: Workspace) -> TakenSpec:
    """Converts the spec into a collection for Postman."""
    version, package = node_package("openapi-to-postmanv2", PEER_TOOLS)
    program, collection = package / "bin/openapi2postmanv2.js", workspace.folder / "collection.json"
    output = workspace.run("node", program, "--spec", workspace.spec, "--output", collection)
    messages = output.lines_with(r"(?i)\b(warn|error|fail)")
    requests = list(_requests(json.loads(collection.read_text("utf-8")))) if collection.exists() else []
    return TakenSpec(f"openapi-to-postmanv2 {version}", messages, operations_of(requests))


def _requests(item: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "request" in item:
        yield item["request"]["method"], "/" + "/".join(item["request"]["url"]["path"])
    for member in item.get("item", []):
        yield from _requests(member)
