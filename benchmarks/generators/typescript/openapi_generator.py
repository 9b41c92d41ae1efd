"""openapi-generator's `typescript-fetch` client."""

from __future__ import annotations

from benchmarks.generators.generated_client import GeneratedClient, Workspace
from benchmarks.generators.openapi_generator import generate
from benchmarks.generators.typescript.compile import compiled, lend_packages

_NOTE = (
    "The client throws an error with the answer as it came. The program decodes it with `ApiErrorFromJSON`."
)


def openapi_generator_typescript(workspace: Workspace) -> GeneratedClient:
    """Generates a client in TypeScript with openapi-generator."""
    name, messages = generate(workspace, "typescript-fetch")
    lend_packages(workspace)
    return compiled(workspace, name, messages, "call_openapi_generator.ts", _NOTE)
