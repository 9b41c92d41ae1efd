"""openapi-python-client, from PyPI."""

from __future__ import annotations

from benchmarks.generators.generated_client import PYTHON_TOOLS, GeneratedClient, Workspace, python_tool
from benchmarks.generators.python.strict import checked, version

_NOTE = (
    "The client does not read from the spec that the values of `status` have commas between them. Ask for "
    "one status, or leave it out for the default, pending and queued."
)


def openapi_python_client(workspace: Workspace) -> GeneratedClient:
    """Generates a client with openapi-python-client."""
    output = workspace.run(
        *(python_tool("openapi-python-client"), "generate", "--path", workspace.spec),
        *("--meta", "none", "--output-path", "client"),
        PATH=f"{PYTHON_TOOLS}:/usr/bin:/bin",  # it formats the client with the ruff beside it
    )
    messages = output.lines_with(r"(?i)\b(warn|error|unable|could not)")
    name = f"openapi-python-client {version('openapi-python-client', workspace)}"
    return checked(workspace, name, messages, "call_openapi_python_client.py", _NOTE)
