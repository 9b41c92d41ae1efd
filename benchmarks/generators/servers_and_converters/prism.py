"""Prism, which runs a spec as a mock."""

from __future__ import annotations

from benchmarks.generators.generated_client import Workspace, node_package
from benchmarks.generators.servers_and_converters.taken_spec import PEER_TOOLS, TakenSpec, operations_answered
from benchmarks.running import free_port


def prism(workspace: Workspace) -> TakenSpec:
    """Runs Prism as a mock."""
    version, package = node_package("@stoplight/prism-cli", PEER_TOOLS)
    port, log = free_port(), workspace.folder / "log"
    command = ("node", package / "dist/index.js", "mock", "--host", "127.0.0.1", "--port", str(port))
    operations = operations_answered((*command, workspace.spec), port, log)
    messages = [line for line in log.read_text("utf-8").splitlines() if "warn" in line or "error" in line]
    return TakenSpec(f"Prism {version}", messages, operations)
