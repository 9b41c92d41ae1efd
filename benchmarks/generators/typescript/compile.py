"""Compiles a client and its caller program as strictly as TypeScript can."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.generators.generated_client import (
    NODE_TOOLS,
    GeneratedClient,
    Workspace,
    node_package,
)

_OPTIONS = {
    "strict": True,
    "skipLibCheck": False,
    "target": "es2022",
    "lib": ["es2022", "dom", "dom.iterable"],
    "module": "node16",
    "moduleResolution": "node16",
    "types": [],
    "outDir": "compiled",
}


def compiled(
    workspace: Workspace, generator: str, messages: tuple[str, ...], caller: str, note: str = ""
) -> GeneratedClient:
    """Compiles the client in the folder of a workspace.

    generator: the name and version of the generator.
    messages: the warnings and errors of the generator.
    caller: the name of the caller program in this folder.
    note: what a user of the generator has to know.
    """
    workspace.copy_caller("typescript/world.ts")
    workspace.copy_caller(f"typescript/{caller}")
    settings = {"compilerOptions": {**_OPTIONS, "rootDir": "."}, "include": [caller, "world.ts", "client"]}
    (workspace.folder / "tsconfig.json").write_text(json.dumps(settings), "utf-8")
    # The generators need the API of TypeScript 5. The compiler of TypeScript 7 is four times as fast.
    _, typescript = node_package("typescript-7")
    output = workspace.run("node", typescript / "bin" / "tsc", "--project", ".")
    program = Path("compiled", caller).with_suffix(".js")
    faults = output.lines_with("error TS")
    return GeneratedClient(generator, messages, faults, ("node", program), workspace.folder, note)


def lend_packages(workspace: Workspace) -> None:
    """Makes the npm packages of build/node available in the folder of a workspace."""
    (workspace.folder / "node_modules").symlink_to(NODE_TOOLS / "node_modules")
