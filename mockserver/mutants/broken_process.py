"""Makes each mock of this process a mutant. This cannot be undone, so a mutant needs its own process."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from workerkit.mockserver.http.request import Request
from workerkit.mockserver.mutants.mutant import Mutant
from workerkit.mockserver.mutants.patches import patch_member
from workerkit.mockserver.worlds import world_builder
from workerkit.mockserver.worlds.director import Director
from workerkit.openapi.spec.document import Document, bundled_document


def break_process(mutant: Mutant) -> None:
    """From now on, each new world of this process breaks the promise of the mutant."""
    if mutant.patch is not None:
        mutant.patch()
    if mutant.spec is not None:
        root = deepcopy(bundled_document("worker-api.yaml").root)
        mutant.spec(root)
        document = Document(root)
        patch_member(world_builder, "bundled_document", lambda name: document)


def note_called_operations(note: Callable[[str], None]) -> None:
    """From now on, calls `note` once for each operation that is requested from a mock of this process."""
    called: set[str] = set()
    original = Director.before_request

    def before_request(director: Director, operation: str | None, request: Request | None = None) -> None:
        if operation is not None and operation not in called:
            called.add(operation)
            note(operation)
        original(director, operation, request)

    patch_member(Director, "before_request", before_request)
