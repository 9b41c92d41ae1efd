from __future__ import annotations

import copy
import gc
import weakref
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workerkit.openapi.spec.api import Api, UnknownPathError, WrongMethodError, api_of, control_api
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.document import Document, bundled_document

BASE = "/api/v1/worker"
SMALL = {"servers": [{"url": "/a"}], "paths": {}, "components": {}}
ID = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"
OPERATIONS = [
    ("POST", "/health", "heartbeat"),
    ("GET", "/tasks", "listTasks"),
    ("PUT", "/tasks/bulk", "bulkUpdateTasks"),
    ("PUT", f"/tasks/{ID}", "updateTask"),
    ("POST", "/logs", "sendLogs"),
    ("POST", "/callback/link/update", "updateLink"),
    ("POST", "/callback/link/complete", "completeLink"),
    ("POST", "/callback/request/status", "setRequestStatus"),
    ("POST", "/callback/account/status", "setAccountStatus"),
]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_operation_of_the_page_is_found(api: Api, method: str, path: str, operation: str) -> None:
    assert api.match(method, BASE + path).operation.id == operation


def test_there_is_no_other_operation(api: Api) -> None:
    assert sorted(api.operations) == sorted(operation for _, _, operation in OPERATIONS)


def test_the_api_of_a_dialect_is_compiled_once_and_not_kept_for_ever() -> None:
    document = copy.copy(bundled_document("worker-api.yaml"))
    kept = weakref.ref(api_of(document, Dialect()))
    assert api_of(document, Dialect()) is kept()
    for _ in range(api_of.cache_info().maxsize or 1000):
        api_of(Document({**SMALL}), Dialect())
    gc.collect()
    assert kept() is None


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_another_method_is_told_apart_from_an_unknown_path(
    api: Api, method: str, path: str, operation: str
) -> None:
    for other in {
        "GET",
        "HEAD",
        "OPTIONS",
        "PUT",
        "POST",
        "DELETE",
        "PATCH",
        "TRACE",
        "BREW",
        method.lower(),
    }:
        if other != method:
            with pytest.raises(WrongMethodError) as caught:
                api.match(other, BASE + path)
            assert caught.value.allowed == (method,)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "*",
        BASE,
        f"{BASE}/",
        "/tasks",
        f"{BASE}/tasks/",
        f"{BASE}//tasks",
        f"{BASE}/Tasks",
        f"{BASE}/tasks/bulk/",
        f"{BASE}/tasks/{ID}/",
        f"{BASE}/tasks/{ID}/x",
        f"{BASE}/callback",
        f"{BASE}/callback/link",
        f"{BASE}x/tasks",
        f"x{BASE}/tasks",
        "/api/v1/callback/link/update",
    ],
)
def test_what_is_no_operations_path_is_unknown(api: Api, path: str) -> None:
    for method in ("GET", "PUT", "POST"):
        with pytest.raises(UnknownPathError):
            api.match(method, path)


def test_a_static_path_comes_before_a_template_whatever_the_order(api: Api) -> None:
    root = copy.deepcopy(bundled_document("worker-api.yaml").root)
    root["paths"] = dict(reversed(root["paths"].items()))
    for one_api in (api, Api(Document(root))):
        assert one_api.match("PUT", f"{BASE}/tasks/bulk").operation.id == "bulkUpdateTasks"
        assert one_api.match("PUT", f"{BASE}/tasks/bulk2").operation.id == "updateTask"


@settings(deadline=None)
@given(value=st.text(min_size=1))
def test_a_path_value_is_decoded(api: Api, value: str) -> None:
    match = api.match(
        "PUT", f"{BASE}/tasks/{quote(value, safe='')}" if value != "bulk" else f"{BASE}/tasks/%62ulk"
    )
    assert (match.operation.id, match.path_values) == ("updateTask", {"id": value})


def test_an_encoded_slash_stays_inside_its_step(api: Api) -> None:
    assert api.match("PUT", f"{BASE}/tasks/a%2Fb").path_values == {"id": "a/b"}


@settings(deadline=None)
@given(path=st.text(st.sampled_from("/{}%.aé\n *?#") | st.characters(max_codepoint=255), max_size=20))
def test_any_path_is_matched_or_refused(api: Api, path: str) -> None:
    for full in (path, f"{BASE}{path}", f"{BASE}/tasks/{path}"):
        with suppress(UnknownPathError, WrongMethodError):
            api.match("PUT", full)


def test_several_methods_of_one_path_are_all_allowed() -> None:
    with pytest.raises(WrongMethodError) as caught:
        control_api().match("PUT", "/_mock/worlds/default")
    assert caught.value.allowed == ("DELETE", "GET")
    assert str(caught.value) == "DELETE, GET"


def test_a_template_has_several_values() -> None:
    match = control_api().match("PATCH", f"/_mock/worlds/w%201/tasks/{ID}")
    assert match.path_values == {"world": "w 1", "id": ID}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad_request"),
        (401, "unauthorized"),
        (403, "not_your_task"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (500, "internal_error"),
    ],
)
def test_the_code_of_an_error_is_the_specs(api: Api, status: int, code: str) -> None:
    assert api.error_code(status) == code


def test_a_code_changed_in_the_spec_is_changed_here() -> None:
    root = copy.deepcopy(bundled_document("worker-api.yaml").root)
    schema = root["components"]["responses"]["NotYourTask"]["content"]["application/json"]["schema"]
    schema["properties"]["error"]["const"] = "somebody_elses"
    assert Api(Document(root)).error_code(403) == "somebody_elses"


def test_a_status_that_the_spec_does_not_have_gets_the_phrase_of_http(api: Api) -> None:
    assert api.error_code(HTTPStatus.IM_A_TEAPOT) == "i'm_a_teapot"


def test_enumerations_keep_the_order_of_the_spec(api: Api) -> None:
    statuses = ("pending", "queued", "running", "completed", "failed", "canceled")
    assert api.enumeration("TaskStatus") == statuses
    assert api.enumeration("LogLevel") == ("INFO", "WARN", "ERROR", "DEBUG")


def test_the_phases_of_the_task_statuses_are_the_specs(api: Api) -> None:
    assert api.statuses_in("waiting") == ("pending", "queued")
    assert api.statuses_in("working") == ("running",)
    assert api.statuses_in("ended") == ("completed", "failed", "canceled")


def test_a_new_status_is_worked_on_and_followed_by_none_until_the_spec_says_more() -> None:
    root = copy.deepcopy(bundled_document("worker-api.yaml").root)
    schema = root["components"]["schemas"]["TaskStatus"]
    schema["enum"].append("paused")
    assert Api(Document(root)).statuses_in("working") == ("running", "paused")
    assert Api(Document(root)).flow["paused"] == frozenset()
    schema["x-phase"]["paused"], schema["x-flow"]["paused"] = "waiting", ["running"]
    assert Api(Document(root)).statuses_in("waiting") == ("pending", "queued", "paused")
    assert Api(Document(root)).flow["paused"] == {"running"}


def test_the_key_comes_in_the_pages_header_from_an_online_or_active_server(api: Api) -> None:
    assert api.key_header == "x-api-key"
    assert set(api.active_statuses) == {"online", "active"}


def test_a_spec_without_security_has_no_key_header(api: Api) -> None:
    root = copy.deepcopy(bundled_document("worker-api.yaml").root)
    del root["components"]["securitySchemes"]
    assert Api(Document(root)).key_header == ""
