"""Checks the types of a Python client and its caller program as strictly as mypy can."""

from __future__ import annotations

from benchmarks.generators.generated_client import GeneratedClient, Workspace, python_tool


def checked(
    workspace: Workspace, generator: str, messages: tuple[str, ...], caller: str, note: str = ""
) -> GeneratedClient:
    """Checks the package `client`, and a caller program of this folder.

    generator: the name and version of the generator.
    messages: the warnings and errors of the generator.
    caller: the name of the caller program.
    note: what a user of the generator has to know.
    """
    workspace.copy_caller("python/world.py")
    workspace.copy_caller(f"python/{caller}")
    output = workspace.run(python_tool("mypy"), "--strict", "--no-error-summary", caller, "client")
    faults = output.lines_with(r": error:")
    return GeneratedClient(
        generator, messages, faults, (python_tool("python"), caller), workspace.folder, note
    )


def version(package: str, workspace: Workspace) -> str:
    """Returns the installed version of a package of build/generators."""
    code = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    return workspace.run(python_tool("python"), "-c", code, package).text.strip()
