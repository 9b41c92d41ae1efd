"""Specmatic, which runs a spec as a mock. Its package on npm has the jar."""

from __future__ import annotations

from benchmarks.generators.generated_client import Workspace, needed, node_package
from benchmarks.generators.servers_and_converters.taken_spec import PEER_TOOLS, TakenSpec, operations_answered
from benchmarks.running import free_port

_HOT_RELOAD = "WARNING: Hot reload has been disabled"  # what the benchmark itself asks for


def specmatic(workspace: Workspace) -> TakenSpec:
    """Runs Specmatic as a mock."""
    java = needed("java", "Debian: default-jre-headless")
    version, package = node_package("specmatic", PEER_TOOLS)
    port, log = free_port(), workspace.folder / "log"
    command = (java, "-jar", package / "specmatic.jar", "mock", "--host", "127.0.0.1", "--port", str(port))
    operations = operations_answered((*command, "--hot-reload=disabled", workspace.spec), port, log)
    lines = log.read_text("utf-8").splitlines()
    messages = [line for line in lines if line.startswith(("WARN", "ERROR")) and _HOT_RELOAD not in line]
    return TakenSpec(f"Specmatic {version}", messages, operations)
