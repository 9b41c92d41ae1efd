"""Runs openapi-generator. Its package on PyPI, openapi-generator-cli, has the jar."""

from __future__ import annotations

from pathlib import Path

from benchmarks.generators.generated_client import (
    PYTHON_TOOLS,
    MissingToolError,
    Workspace,
    needed,
    python_tool,
)

_JAR = "lib/python*/site-packages/openapi_generator_cli/openapi-generator.jar"


def jar() -> Path:
    """Returns the path of openapi-generator's jar. Raises MissingToolError."""
    needed("java", "Debian: default-jre-headless")
    python_tool("openapi-generator-cli")
    found = list(PYTHON_TOOLS.parent.glob(_JAR))
    if not found:
        raise MissingToolError("openapi-generator-cli has no jar (install its package from PyPI)")
    return found[0]


def generate(
    workspace: Workspace, language: str, *, output: str = "client", library: str = "", **properties: str
) -> tuple[str, tuple[str, ...]]:
    """Generates a client. Returns the generator's name with its version, and its warnings and errors.

    language: the name of the generator: `typescript-fetch`.
    output: the folder of the client, in the folder of the workspace.
    library: the HTTP library of the client. Empty for the default one.
    properties: options of the generator for this language.
    """
    command = ("java", "-jar", jar())
    version = workspace.run(*command, "version").text.split()[-1]
    pairs = ",".join(f"{name}={value}" for name, value in properties.items())
    result = workspace.run(
        *(*command, "generate", "-i", workspace.spec, "-g", language, "-o", output),
        *(("--library", library) if library else ()),
        *(("--additional-properties", pairs) if pairs else ()),
    )
    messages = result.lines_with(r"\b(WARN|ERROR)\b|Exception in|^Error")
    return f"openapi-generator {version}, {language}{' ' + library if library else ''}", messages
