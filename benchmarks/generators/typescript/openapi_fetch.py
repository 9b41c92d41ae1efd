"""openapi-typescript, whose types openapi-fetch uses."""

from __future__ import annotations

from benchmarks.generators.generated_client import GeneratedClient, Workspace, node_package
from benchmarks.generators.typescript.compile import compiled, lend_packages

_NOTE = (
    "openapi-fetch does not read from the spec that the values of `status` have commas between them. The "
    'program creates it with `querySerializer: {array: {style: "form", explode: false}}`.'
)


def openapi_fetch(workspace: Workspace) -> GeneratedClient:
    """Generates types with openapi-typescript, for openapi-fetch."""
    version, package = node_package("openapi-typescript")
    fetch_version, _ = node_package("openapi-fetch")
    lend_packages(workspace)
    output = workspace.run("node", package / "bin/cli.js", workspace.spec, "--output", "client/schema.ts")
    messages = output.lines_with(r"(?i)\b(warn|error|fail)")
    name = f"openapi-typescript {version}, openapi-fetch {fetch_version}"
    return compiled(workspace, name, messages, "call_openapi_fetch.ts", _NOTE)
