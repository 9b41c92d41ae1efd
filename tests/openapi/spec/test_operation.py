from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.document import Document
from workerkit.openapi.spec.flaw import FlawError
from workerkit.openapi.spec.operation import Call, Operation, compile_operation

ID = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"


def listing(api: Api, query: str = "") -> dict[str, Any]:
    return api.operations["listTasks"].parse_request({}, query, b"").parameters


def flaw_of_listing(api: Api, query: str) -> FlawError:
    with pytest.raises(FlawError) as caught:
        listing(api, query)
    return caught.value


def sent(api: Api, operation: str, body: Any, path_values: dict[str, str] | None = None) -> Call:
    return api.operations[operation].parse_request(path_values or {}, "", json.dumps(body).encode())


def flaw_of(api: Api, operation: str, body: Any, path_values: dict[str, str] | None = None) -> FlawError:
    with pytest.raises(FlawError) as caught:
        sent(api, operation, body, path_values)
    return caught.value


# The query


def test_what_is_left_out_gets_the_pages_default(api: Api) -> None:
    assert listing(api) == {
        "page": 1,
        "limit": 100,
        "after": None,
        "status": ["pending", "queued"],
        "service_type": None,
    }


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("limit=1", "limit", 1),
        ("a=1&limit=1&a=2&a=1", "limit", 1),
        ("limit=1000", "limit", 1000),
        ("page=9223372036854775807", "page", 2**63 - 1),
        ("status=failed", "status", ["failed"]),
        ("status=failed,canceled", "status", ["failed", "canceled"]),
        ("status=failed%2Ccanceled", "status", ["failed", "canceled"]),
        ("%73tatus=faile%64", "status", ["failed"]),
        (f"after={ID}", "after", ID),
        (f"after={ID.upper()}", "after", ID.upper()),
        ("service_type=entity", "service_type", "entity"),
        ("service_type=a+b%26c%3D%C3%A9", "service_type", "a b&c=é"),
        ("service_type=", "service_type", ""),
        ("service_type=a=b", "service_type", "a=b"),
        ("&&service_type=x&", "service_type", "x"),
        ("unknown=1&service_type=x", "service_type", "x"),
    ],
)
def test_a_parameter_is_decoded_and_coerced(api: Api, query: str, name: str, value: Any) -> None:
    assert listing(api, query)[name] == value


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("limit=0", "query/limit"),
        ("limit=-1", "query/limit"),
        ("limit=1001", "query/limit"),
        ("limit=1e2", "query/limit"),
        ("limit=", "query/limit"),
        ("limit", "query/limit"),
        ("limit=+5", "query/limit"),
        (f"limit={'9' * 5000}", "query/limit"),
        ("page=0", "query/page"),
        ("page=9223372036854775808", "query/page"),
        ("page=%32%2E5", "query/page"),
        ("after=x", "query/after"),
        ("after=", "query/after"),
        (f"after={ID.replace('-', '')}", "query/after"),
        ("status=", "query/status/0"),
        ("status=pending,", "query/status/1"),
        ("status=Pending", "query/status/0"),
        ("status=pending,done", "query/status/1"),
        ("limit=5&limit=5", "query/limit"),
        ("status=pending&status=queued", "query/status"),
        ("limit=5&%6Cimit=6", "query/limit"),
        ("service_type=%FF", "query"),
        ("%C3=1", "query"),
        ("&".join(f"p{n}=1" for n in range(1001)), "query"),
    ],
)
def test_a_parameter_that_is_not_allowed_is_refused(api: Api, query: str, place: str) -> None:
    assert flaw_of_listing(api, query).place == place


@settings(deadline=None)
@given(name=st.sampled_from(["page", "limit", "after", "status", "service_type", "x"]), text=st.text())
def test_any_value_of_a_parameter_is_taken_or_refused(api: Api, name: str, text: str) -> None:
    with suppress(FlawError):
        assert listing(api, f"{name}={quote(text, safe='')}").keys() == listing(api).keys()


@settings(deadline=None)
@given(query=st.text(st.characters(max_codepoint=255), max_size=40))
def test_any_query_is_taken_or_refused(api: Api, query: str) -> None:
    with suppress(FlawError):
        listing(api, query)


@settings(deadline=None)
@given(text=st.text(max_size=20))
def test_a_text_comes_through_its_encoding_unchanged(api: Api, text: str) -> None:
    assert listing(api, f"service_type={quote(text, safe='')}")["service_type"] == text


def test_an_operation_without_query_parameters_does_not_look_at_the_query(api: Api) -> None:
    assert api.operations["heartbeat"].parse_request({}, "limit=0&limit=0&%FF", b"{}").body == {}


# The path


def test_a_path_value_is_coerced(api: Api) -> None:
    assert sent(api, "updateTask", {}, {"id": ID}).parameters == {"id": ID}


@pytest.mark.parametrize("value", ["bulk", "", "1", f"{ID} ", f"{ID}/", "a/b", f"{{{ID}}}"])
def test_a_path_value_that_is_not_allowed_is_refused(api: Api, value: str) -> None:
    assert flaw_of(api, "updateTask", {}, {"id": value}).place == "path/id"


# The body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"NaN",
        b'{"note": NaN}',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'"\\ud800"',
        b"{}{}",
    ],
)
def test_a_body_that_is_no_json_is_refused(api: Api, body: bytes) -> None:
    with pytest.raises(FlawError, match=r"^body: is not JSON: "):
        api.operations["heartbeat"].parse_request({}, "", body)


@pytest.mark.parametrize("body", [None, True, 5, "text", [], [{}]])
def test_a_body_of_another_type_is_refused(api: Api, body: Any) -> None:
    for name, operation in api.operations.items():
        if operation.body_validator is not None:
            assert flaw_of(api, name, body, {"id": ID}).place == "body"


@pytest.mark.parametrize(
    ("operation", "body", "place"),
    [
        ("heartbeat", {"cpu_usage": "45"}, "body/cpu_usage"),
        ("heartbeat", {"active_tasks": 1.5}, "body/active_tasks"),
        ("heartbeat", {"active_tasks": 2**63}, "body/active_tasks"),
        ("heartbeat", {"active_tasks": 10**300}, "body/active_tasks"),
        ("heartbeat", {"active_tasks": True}, "body/active_tasks"),
        ("heartbeat", {"server_name": None}, "body/server_name"),
        ("updateTask", {"status": "done"}, "body/status"),
        ("updateTask", {"status": ""}, "body/status"),
        ("updateTask", {"status": ["failed"]}, "body/status"),
        ("updateTask", {"note": None}, "body/note"),
        ("updateTask", {"is_indexed": "true"}, "body/is_indexed"),
        ("updateTask", {"is_indexed": 1}, "body/is_indexed"),
        ("bulkUpdateTasks", {}, "body"),
        ("bulkUpdateTasks", {"items": []}, "body/items"),
        ("bulkUpdateTasks", {"items": {}}, "body/items"),
        ("bulkUpdateTasks", {"items": [{"link_id": ID}, {}]}, "body/items/1"),
        ("bulkUpdateTasks", {"items": [{"link_id": "x"}]}, "body/items/0/link_id"),
        ("bulkUpdateTasks", {"items": [{"link_id": ID, "status": "done"}]}, "body/items/0/status"),
        ("bulkUpdateTasks", {"items": [{"link_id": ID}] * 501}, "body/items"),
        ("sendLogs", {"logs": []}, "body/logs"),
        ("sendLogs", {"logs": [{"level": "INFO", "message": ""}] * 501}, "body/logs"),
        ("sendLogs", {"logs": [{"level": "info", "message": "m"}]}, "body/logs/0/level"),
        ("sendLogs", {"logs": [{"level": "TRACE", "message": "m"}]}, "body/logs/0/level"),
        ("sendLogs", {"logs": [{"level": "INFO"}]}, "body/logs/0"),
        ("updateLink", {}, "body"),
        ("updateLink", {"link_id": "x"}, "body/link_id"),
        ("completeLink", {"link_profile": "u"}, "body"),
        ("setRequestStatus", {"request_id": ID}, "body"),
        ("setAccountStatus", {"status": "active"}, "body"),
        ("setAccountStatus", {"account_id": ID, "status": 1}, "body/status"),
    ],
)
def test_a_body_that_is_not_allowed_is_refused(api: Api, operation: str, body: Any, place: str) -> None:
    assert flaw_of(api, operation, body, {"id": ID}).place == place


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("heartbeat", {"active_tasks": 2**63 - 1, "cpu_usage": -1e300}),
        ("heartbeat", {"active_tasks": 5.0}),
        ("updateTask", {"note": "", "colour": "red"}),
        ("bulkUpdateTasks", {"items": [{"link_id": ID}] * 500}),
        ("sendLogs", {"logs": [{"level": "DEBUG", "message": ""}] * 500}),
        ("updateLink", {"link_id": ID}),
        ("setRequestStatus", {"request_id": ID, "status": "anything"}),
    ],
)
def test_a_body_is_read_as_it_came(api: Api, operation: str, body: Any) -> None:
    assert sent(api, operation, body, {"id": ID}).body == body


@settings(deadline=None)
@given(body=st.binary(max_size=60), operation=st.sampled_from(["heartbeat", "sendLogs", "updateLink"]))
def test_any_body_is_taken_or_refused(api: Api, body: bytes, operation: str) -> None:
    with suppress(FlawError):
        api.operations[operation].parse_request({}, "", body)


def test_the_body_of_a_get_is_not_looked_at(api: Api) -> None:
    assert api.operations["listTasks"].parse_request({}, "", b"{").body is None


# An operation of another spec


@pytest.fixture(scope="module")
def paint(document_of: Callable[..., Document]) -> Operation:
    """An operation with a required query parameter, a shared path parameter and an optional body."""
    number = {"type": "integer"}
    source = {
        "operationId": "paint",
        "parameters": [
            {"name": "coats", "in": "query", "required": True, "schema": number},
            {"name": "wall", "in": "path", "required": True, "schema": number},
            {"name": "X-Colour", "in": "header", "required": True, "schema": number},
        ],
        "requestBody": {"content": {"application/json": {"schema": {"required": ["a"]}}}},
        "responses": {
            "200": {"content": {"application/json": {"schema": {"const": "done"}}}},
            "204": {"description": "Nothing."},
            "default": {"content": {"application/json": {"schema": {}}}},
        },
    }
    shared = [{"name": "room", "in": "path", "required": True, "schema": {"type": "string"}}]
    return compile_operation(document_of(), "/{room}/{wall}", "patch", source, shared)


def test_method_and_path_are_whole(paint: Operation) -> None:
    assert (paint.method, paint.path) == ("PATCH", "/base/{room}/{wall}")


def test_parameters_of_the_path_item_count_too_and_headers_do_not(paint: Operation) -> None:
    call = paint.parse_request({"room": "r", "wall": "4"}, "coats=2", b"")
    assert call.parameters == {"room": "r", "wall": 4, "coats": 2}


def test_a_required_query_parameter_has_to_come(paint: Operation) -> None:
    with pytest.raises(FlawError, match=r"^query/coats: is required$"):
        paint.parse_request({"room": "r", "wall": "4"}, "coat=2", b"")


def test_a_body_that_may_be_left_out_is_checked_where_it_comes(paint: Operation) -> None:
    values = {"room": "r", "wall": "4"}
    assert paint.parse_request(values, "coats=2", b"").body is None
    assert paint.parse_request(values, "coats=2", b'{"a": 1}').body == {"a": 1}
    with pytest.raises(FlawError):
        paint.parse_request(values, "coats=2", b"{}")


def test_an_answer_is_held_to_the_schema_of_its_status(paint: Operation) -> None:
    assert paint.answer_flaw(200, "done") is None
    flaw = paint.answer_flaw(200, "did")
    assert flaw is not None
    assert flaw.place == "answer"


@pytest.mark.parametrize("status", [201, 204, 404, 999])
def test_a_status_without_a_described_body_is_a_flaw(paint: Operation, status: int) -> None:
    flaw = paint.answer_flaw(status, "done")
    assert flaw is not None
    assert (flaw.place, flaw.message) == ("status", f"{status} is not described for paint")


# The entity that a request is about


@pytest.mark.parametrize(
    ("operation", "path_values", "body", "found"),
    [
        ("updateTask", {"id": ID}, b"{", ID),
        ("updateTask", {"id": "bulk"}, b"{}", None),
        ("updateTask", {"id": f"{ID}0"}, b"{}", None),
        ("updateLink", {}, json.dumps({"link_id": ID, "status": "done"}).encode(), ID),
        ("completeLink", {}, json.dumps({"link_id": ID.upper(), "link_post": 5}).encode(), ID.upper()),
        ("setRequestStatus", {}, json.dumps({"request_id": ID}).encode(), ID),
        ("setAccountStatus", {}, json.dumps({"account_id": ID}).encode(), ID),
        ("updateLink", {}, json.dumps({"link_id": 5}).encode(), None),
        ("updateLink", {}, json.dumps({"link_id": [ID]}).encode(), None),
        ("updateLink", {}, json.dumps([ID]).encode(), None),
        ("updateLink", {}, b"null", None),
        ("updateLink", {}, b"{", None),
        ("updateLink", {}, b"", None),
        ("listTasks", {}, b"{}", None),
        ("bulkUpdateTasks", {}, json.dumps({"items": [{"link_id": ID}]}).encode(), None),
    ],
)
def test_the_subject_is_known_however_flawed_the_rest(
    api: Api, operation: str, path_values: dict[str, str], body: bytes, found: str | None
) -> None:
    assert api.operations[operation].subject_id(path_values, body) == found


def test_the_fields_of_a_body_are_known_on_every_level(api: Api) -> None:
    update = {"status", "link_profile", "link_post", "error_message", "note", "is_indexed"}
    assert api.operations["updateTask"].body_field_names == update
    assert api.operations["bulkUpdateTasks"].body_field_names == {*update, "items", "link_id"}
    assert api.operations["sendLogs"].body_field_names == {"logs", "level", "message"}
    assert api.operations["listTasks"].body_field_names == set()


def test_the_error_for_a_word_outside_an_enumeration_lists_all_words(api: Api) -> None:
    flaw = flaw_of(api, "sendLogs", {"logs": [{"level": "WARNING", "message": "x"}]})
    assert flaw.message == '"WARNING" is not one of INFO, WARN, ERROR, DEBUG'
