"""Small specs made for a test, and the kit's own. All are session-wide, so that properties can use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workerkit.openapi.spec.api import Api, worker_api
from workerkit.openapi.spec.document import Document

Json = dict[str, Any]


@pytest.fixture(scope="session")
def api() -> Api:
    """The Worker API as the kit describes it."""
    return worker_api()


@pytest.fixture(scope="session")
def document_of() -> Callable[..., Document]:
    """A document with these paths and components, under `/base`."""

    def make(paths: Json | None = None, components: Json | None = None) -> Document:
        root = {
            "servers": [{"url": "http://host/base/"}],
            "paths": paths or {},
            "components": components or {},
        }
        return Document(root)

    return make
