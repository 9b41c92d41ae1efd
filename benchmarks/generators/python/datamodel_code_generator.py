"""datamodel-code-generator, which generates models and no client: the caller uses httpx."""

from __future__ import annotations

from benchmarks.generators.generated_client import GeneratedClient, Workspace, python_tool
from benchmarks.generators.python.strict import checked, version


def datamodel_code_generator(workspace: Workspace) -> GeneratedClient:
    """Generates Pydantic models with datamodel-code-generator."""
    (workspace.folder / "client").mkdir()
    output = workspace.run(
        *(python_tool("datamodel-codegen"), "--input", workspace.spec, "--input-file-type", "openapi"),
        *("--output", "client/__init__.py", "--output-model-type", "pydantic_v2.BaseModel"),
        *(
            "--target-python-version",
            "3.11",
            "--use-annotated",
            "--strict-nullable",
            "--formatters",
            "builtin",
        ),
    )
    messages = output.lines_with(r"(?i)warn|error")
    name = f"datamodel-code-generator {version('datamodel-code-generator', workspace)}"
    return checked(workspace, name, messages, "call_datamodel_code_generator.py")
