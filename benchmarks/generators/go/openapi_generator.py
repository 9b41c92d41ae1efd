"""openapi-generator's `go` client."""

from __future__ import annotations

from benchmarks.generators.generated_client import GeneratedClient, Workspace, needed
from benchmarks.generators.openapi_generator import generate

# Nothing is fetched: the client uses only what comes with Go.
_OFFLINE = {"GOPROXY": "off", "GOFLAGS": "-mod=mod"}


def openapi_generator_go(workspace: Workspace) -> GeneratedClient:
    """Generates a client in Go with openapi-generator."""
    go = needed("go", "Debian: golang-go")
    name, messages = generate(
        workspace, "go", gitHost="workerkit.example", gitUserId="bench", gitRepoId="client", withGoMod="false"
    )
    workspace.copy_caller("go/call.go")
    (workspace.folder / "go.mod").write_text("module workerkit.example/bench\n\ngo 1.19\n", "utf-8")
    for tests in (workspace.folder / "client").glob("test/*.go"):
        tests.unlink()
    checked = workspace.run(go, "vet", "./...", **_OFFLINE)
    built = workspace.run(go, "build", "-o", "call", "call.go", **_OFFLINE)
    faults = [line for output in (checked, built) if output.exit_code for line in output.lines_with(r"\.go:")]
    return GeneratedClient(name, messages, faults, ("./call",), workspace.folder)
