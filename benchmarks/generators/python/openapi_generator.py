"""openapi-generator's `python` client."""

from __future__ import annotations

from benchmarks.generators.generated_client import GeneratedClient, Workspace
from benchmarks.generators.openapi_generator import generate
from benchmarks.generators.python.strict import checked


def openapi_generator_python(workspace: Workspace) -> GeneratedClient:
    """Generates a client in Python with openapi-generator."""
    name, messages = generate(workspace, "python", output=".", packageName="client")
    return checked(workspace, name, messages, "call_openapi_generator.py")
