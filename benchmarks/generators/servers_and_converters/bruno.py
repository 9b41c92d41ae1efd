"""Bruno's converter, @usebruno/converters."""

from __future__ import annotations

from benchmarks.generators.generated_client import Workspace, node_package
from benchmarks.generators.servers_and_converters.taken_spec import PEER_TOOLS, TakenSpec, operations_of


def bruno(workspace: Workspace) -> TakenSpec:
    """Converts the spec into a collection for Bruno."""
    version, _ = node_package("@usebruno/converters", PEER_TOOLS)
    program = workspace.copy_caller("servers_and_converters/convert_to_bruno.mjs")
    output = workspace.run("node", program, workspace.spec, PEER_TOOLS)
    requests = [
        (method, path)
        for method, _, path in (line.partition(" {{baseUrl}}") for line in output.text.splitlines())
    ]
    messages = output.lines_with(r"(?i)\b(warn|error|fail)")
    return TakenSpec(f"@usebruno/converters {version}", messages, operations_of(requests))
