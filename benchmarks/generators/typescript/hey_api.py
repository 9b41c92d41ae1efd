"""Hey API (@hey-api/openapi-ts), with its client for fetch."""

from __future__ import annotations

from benchmarks.generators.generated_client import GeneratedClient, Workspace, node_package
from benchmarks.generators.typescript.compile import compiled, lend_packages


def hey_api(workspace: Workspace) -> GeneratedClient:
    """Generates a client with Hey API."""
    version, package = node_package("@hey-api/openapi-ts")
    lend_packages(workspace)
    output = workspace.run(
        "node", package / "bin/run.js", "--input", workspace.spec, "--output", "client", "--no-log-file"
    )
    messages = output.lines_with(r"(?i)\b(warn|error|fail)")
    return compiled(workspace, f"@hey-api/openapi-ts {version}", messages, "call_hey_api.ts")
