"""The key's header has the name that the spec gives it; other names of keys stay secret beside it."""

from __future__ import annotations

import pytest

from workerkit.openapi.masking.secret_names import SecretNames, secret_names
from workerkit.openapi.spec.api import worker_api


def test_the_keys_header_is_the_specs() -> None:
    assert secret_names().headers[worker_api().key_header] == "key"
    assert secret_names().fields[worker_api().key_header] == "key"


@pytest.mark.parametrize("name", ["x-worker-key", "x-api-key", "authorization"])
def test_another_header_is_secret_beside_the_common_ones(name: str) -> None:
    names = SecretNames("x-worker-key")
    assert names.headers[name] == names.fields[name] == "key"
    assert f"{name}:" in names.headers_in_text
    found = names.header_in_text.search(f"curl -H '{name.title()}: hunter2' http://h")
    assert found is not None
    assert found[3] == "hunter2"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("field_in_text", "{'X-Worker-Key': 'hunter2'}"),
        ("field_in_escaped_text", r"{\"X-Worker-Key\": \"hunter2\"}"),
        ("field_in_query", "a=1&X-Worker-Key=hunter2"),
    ],
)
def test_a_field_of_that_name_is_found_in_texts(pattern: str, text: str) -> None:
    found = getattr(SecretNames("x-worker-key"), pattern).search(text)
    assert found is not None
    assert found.groups()[-1] == "hunter2"
    assert getattr(SecretNames("x-api-key"), pattern).search(text) is None
