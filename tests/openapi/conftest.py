"""Specs for tests. All fixtures have the scope `session`, so that tests with Hypothesis can use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workerkit.openapi.spec.api import Api, worker_api
from workerkit.openapi.spec.document import Document

Json = dict[str, Any]


@pytest.fixture(scope="session")
def api() -> Api:
    """The Worker API in the default dialect."""
    return worker_api()


@pytest.fixture(scope="session")
def document_of() -> Callable[..., Document]:
    """A function: makes a document with the given paths and components. Its base path is `/base`."""

    def make(paths: Json | None = None, components: Json | None = None) -> Document:
        root = {
            "servers": [{"url": "http://host/base/"}],
            "paths": paths or {},
            "components": components or {},
        }
        return Document(root)

    return make
