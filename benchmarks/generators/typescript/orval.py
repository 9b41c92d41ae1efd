"""orval, with its client for fetch."""

from __future__ import annotations

from benchmarks.generators.generated_client import GeneratedClient, Workspace, node_package
from benchmarks.generators.typescript.compile import compiled, lend_packages

_NOTE = "The client's URLs are relative. The program adds the address; orval's `baseUrl` does that, too."


def orval(workspace: Workspace) -> GeneratedClient:
    """Generates a client with orval."""
    version, package = node_package("orval")
    lend_packages(workspace)
    output = workspace.run(
        *("node", package / "dist/bin/orval.mjs", "--input", workspace.spec),
        *("--output", "client/api.ts", "--client", "fetch"),
    )
    messages = output.lines_with(r"(?i)\b(warn|error|fail)")
    return compiled(workspace, f"orval {version}", messages, "call_orval.ts", _NOTE)
