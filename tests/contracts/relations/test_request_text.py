"""Texts about requests: what was sent, and what was unusual about it."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.relations.request_text import request_text, unusual_part
from workerkit.contracts.target.fake_ids import fake_key
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render

ID = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"


def update(body: Any, key: str | None = "k") -> Exchange:
    headers = (("content-type", "application/json"), *((("x-api-key", key),) if key else ()))
    raw = body if isinstance(body, bytes) else render(body)
    path = f"/api/v1/worker/tasks/{ID}"
    return Exchange(1, "updateTask", None, "PUT", path, "", headers, raw, 200, (), b"{}", 0.0, 0.0)


def listing(query: str) -> Exchange:
    path = "/api/v1/worker/tasks"
    return Exchange(
        1, "listTasks", None, "GET", path, query, (("x-api-key", "k"),), b"", 200, (), b"{}", 0.0, 0.0
    )


def test_a_request_is_told_with_its_path_its_body_and_a_missing_key() -> None:
    assert request_text(update({"status": "nonsense"})) == 'PUT /tasks/:id {"status": "nonsense"}'
    assert request_text(update({}, key=None)) == "PUT /tasks/:id {} without a key"
    assert request_text(update(b'{"status": ')) == 'PUT /tasks/:id {"status": '
    assert request_text(listing("limit=ten&status=a%2Cb")) == "GET /tasks?limit=ten&status=a,b"


def test_a_long_body_is_cut_and_a_list_shows_its_first_member() -> None:
    text = request_text(update({"items": [{"link_id": ID}, 2, 3]}))
    assert text == f'PUT /tasks/:id {{"items": [{{"link_id": "{ID}"}}, "... 2 more"]}}'
    assert len(request_text(update({"note": "x" * 999}))) < 160


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"note": "fine"}, "a valid request"),
        ({"note": "x" * 300}, "a valid request in which body/note has more than 255 characters"),
        ({"note": "Ti\u1ebfng"}, "a valid request in which body/note has a character that is not ASCII"),
        (
            {"note": "\U0001f600"},
            "a valid request in which body/note has a character beyond the Basic Multilingual Plane",
        ),
        (
            {"note": "a&b"},
            "a valid request in which body/note has a character with a meaning in HTML, SQL or JSON",
        ),
        ({"note": "a\tb"}, "a valid request in which body/note has a control character"),
        ({"note": None}, "a valid request in which body/note is null"),
    ],
)
def test_what_is_unusual_about_a_request_is_named(body: Any, text: str) -> None:
    assert unusual_part(ParsedExchange(update(body))) == text


def test_a_wrong_key_is_named_first() -> None:
    assert unusual_part(ParsedExchange(update({"note": "a&b"}, key=None))) == "a request without a key"
    unknown = update({"note": "a&b"}, key=fake_key(Random(1)))
    assert unusual_part(ParsedExchange(unknown)) == "a request with an unknown key"


def test_a_request_that_is_not_valid_is_told_with_its_flaw() -> None:
    assert unusual_part(ParsedExchange(update({"status": "nonsense"}))).startswith(
        "a request that is not valid (body/status"
    )


def test_a_number_beyond_32_bits_in_the_query_is_only_a_text() -> None:
    long_query = listing("service_type=" + "x" * 300)
    assert unusual_part(ParsedExchange(long_query)).endswith(
        "query/service_type has more than 255 characters"
    )
