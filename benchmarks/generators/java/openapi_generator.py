"""openapi-generator's `java` client with the HTTP client of Java itself.

The client needs Jackson, which is in openapi-generator's own jar, and Jakarta's annotations.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.generators.generated_client import GeneratedClient, MissingToolError, Workspace, needed
from benchmarks.generators.openapi_generator import generate, jar

_ANNOTATIONS = Path("/usr/share/java/jakarta-annotation-api.jar")

_NOTE = (
    "The client does not send the API key, and its exception has the answer as text. The program adds the "
    "header, and decodes the answer into `ApiError`."
)


def openapi_generator_java(workspace: Workspace) -> GeneratedClient:
    """Generates a client in Java with openapi-generator."""
    javac = needed("javac", "Debian: default-jdk-headless")
    if not _ANNOTATIONS.exists():
        raise MissingToolError(
            "jakarta-annotation-api.jar is missing (Debian: libjakarta-annotation-api-java)"
        )
    # Jackson's module for absent values is neither in Debian nor in the jar.
    options = {"openApiNullable": "false", "useJakartaEe": "true", "hideGenerationTimestamp": "true"}
    name, messages = generate(workspace, "java", library="native", **options)
    caller = workspace.copy_caller("java/Call.java")
    classpath = f"{jar()}:{_ANNOTATIONS}:classes"
    files = (workspace.folder / "client/src/main/java").rglob("*.java")
    # -path and -options are about jars that are named in jars.
    lint = "-Xlint:all,-path,-options"
    output = workspace.run(javac, lint, "-proc:none", "-d", "classes", "-cp", classpath, caller, *files)
    faults = output.lines_with(r"\.java:\d+: ")
    return GeneratedClient(
        name, messages, faults, ("java", "-cp", classpath, "Call"), workspace.folder, _NOTE
    )
