from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from workerkit.openapi.spec.api import Api, worker_api
from workerkit.openapi.spec.document import bundled_document
from workerkit.openapi.spec.operation import Operation

Json = dict[str, Any]
SPEC = worker_api().document
OPERATIONS = {
    entry["operationId"]: entry
    for item in SPEC.root["paths"].values()
    for method, entry in item.items()
    if method in ("get", "put", "post")
}

# The keywords that a schema of the spec may have. A validator would ignore a mistyped one.
KEYWORDS = {
    "$ref",
    "type",
    "format",
    "pattern",
    "enum",
    "const",
    "default",
    "description",
    "examples",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minProperties",
    "additionalProperties",
    "unevaluatedProperties",
    "required",
    "items",
    "properties",
    "allOf",
    "anyOf",
}

ERRORS = {
    "heartbeat": {400, 401, 500},
    "listTasks": {400, 401, 500},
    "updateTask": {400, 401, 403, 404, 500},
    "bulkUpdateTasks": {400, 401, 500},
    "sendLogs": {400, 401, 500},
    "updateLink": {400, 401, 403, 404, 500},
    "completeLink": {400, 401, 403, 404, 500},
    "setRequestStatus": {400, 401, 403, 404, 500},
    "setAccountStatus": {400, 401, 403, 404, 500},
}

LINKS = {"link_profile": "string", "link_post": "string"}
CHANGES = {"status": "string", **LINKS, "error_message": "string"}
BODIES = {
    "heartbeat": {
        "server_name": "string",
        "ip": "string",
        "cpu_usage": "number",
        "ram_usage": "number",
        "disk_usage": "number",
        "active_threads": "integer",
        "active_tasks": "integer",
    },
    "updateTask": {**CHANGES, "note": "string", "is_indexed": "boolean"},
    "bulkUpdateTasks": {"items": "array"},
    "sendLogs": {"logs": "array"},
    "updateLink": {"link_id": "string", **CHANGES},
    "completeLink": {"link_id": "string", **LINKS},
    "setRequestStatus": {"request_id": "string", "status": "string"},
    "setAccountStatus": {"account_id": "string", "status": "string"},
}
REQUIRED = {
    "heartbeat": [],
    "updateTask": [],
    "bulkUpdateTasks": ["items"],
    "sendLogs": ["logs"],
    "updateLink": ["link_id"],
    "completeLink": ["link_id"],
    "setRequestStatus": ["request_id", "status"],
    "setAccountStatus": ["account_id", "status"],
}
TASK = {
    "id": "string",
    "request_id": "string",
    "service_type": "string",
    "site_id": "string",
    "site_name": "string",
    "email": "string",
    "username": "string",
    "password": "string",
    "about": "string",
    "link_profile": "string",
    "link_post": "string",
    "status": "string",
    "retry_count": "integer",
    "max_retries": "integer",
    "details": None,
    "started_at": None,
    "created_at": "string",
    "request_name": "string",
    "request_website": "string",
    "type_request": "string",
    "auction_price": "number",
    "config": "string",
}


def contents() -> Iterator[tuple[str, Json]]:
    """All media type objects of the spec, each with a name."""
    for name, entry in OPERATIONS.items():
        for place in [entry.get("requestBody", {}), *entry["responses"].values()]:
            content = SPEC.follow(place).get("content", {})
            yield from ((name, media_type) for media_type in content.values())
    for name, response in SPEC.root["components"]["responses"].items():
        yield from ((name, media_type) for media_type in response["content"].values())


def parameters() -> list[tuple[str, Json]]:
    found = [
        (name, parameter) for name, entry in OPERATIONS.items() for parameter in entry.get("parameters", [])
    ]
    return [(f"{name}-{parameter['name']}", parameter) for name, parameter in found]


def schemas() -> Iterator[tuple[str, Json]]:
    """All schemas of components, parameters and bodies, each with a name."""
    yield from SPEC.root["components"]["schemas"].items()
    yield from ((name, holder["schema"]) for name, holder in [*parameters(), *contents()])


def examples(holder: Json) -> list[Any]:
    several = [example["value"] for example in holder.get("examples", {}).values()]
    return [*several, holder["example"]] if "example" in holder else several


def inner_schemas(schema: Json) -> Iterator[Json]:
    yield schema
    for part in [*schema.get("allOf", []), *schema.get("anyOf", []), *schema.get("properties", {}).values()]:
        yield from inner_schemas(part)
    if "items" in schema:
        yield from inner_schemas(schema["items"])


def body_schema(operation: str) -> Json:
    return SPEC.follow(OPERATIONS[operation]["requestBody"]["content"]["application/json"]["schema"])


def types(schema: Json) -> dict[str, Any]:
    return {name: SPEC.follow(value).get("type") for name, value in SPEC.follow(schema)["properties"].items()}


# Examples


@pytest.mark.parametrize(("name", "content"), [*contents()])
def test_every_body_has_an_example_and_each_is_valid(name: str, content: Json) -> None:
    assert examples(content)
    validator = SPEC.validator(content["schema"])
    for example in examples(content):
        assert list(validator.iter_errors(example)) == []


@pytest.mark.parametrize(("name", "parameter"), parameters())
def test_the_example_of_a_parameter_is_valid(name: str, parameter: Json) -> None:
    for example in [*examples(parameter), *examples(parameter["schema"])]:
        assert SPEC.validator(parameter["schema"]).is_valid(example)


@pytest.mark.parametrize(("name", "schema"), [*schemas()])
def test_examples_and_defaults_inside_a_schema_are_valid(name: str, schema: Json) -> None:
    for inner_schema in inner_schemas(schema):
        defaults = [inner_schema["default"]] if "default" in inner_schema else []
        for value in [*inner_schema.get("examples", []), *defaults]:
            assert SPEC.validator(inner_schema).is_valid(value)


# The shape of the document


@pytest.mark.parametrize(("name", "schema"), [*schemas()])
def test_a_schema_has_known_keywords_only(name: str, schema: Json) -> None:
    for inner_schema in inner_schemas(schema):
        unknown = {word for word in inner_schema if not word.startswith("x-")} - KEYWORDS
        assert not unknown


@pytest.mark.parametrize(("name", "schema"), [*schemas()])
def test_a_schema_is_a_valid_one(name: str, schema: Json) -> None:
    for inner_schema in inner_schemas(schema):
        assert jsonschema_rs.meta.is_valid(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **inner_schema}
        )


def references(value: Any) -> Iterator[Json]:
    if isinstance(value, list):
        for member in value:
            yield from references(member)
    elif isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value
        for member in value.values():
            yield from references(member)


def test_every_reference_leads_somewhere() -> None:
    found = list(references(bundled_document("worker-api.yaml").root))
    assert found
    for reference in found:
        assert SPEC.follow({"$ref": reference["$ref"]})


def test_every_component_is_referred_to() -> None:
    components = bundled_document("worker-api.yaml").root["components"]
    names = {f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in components[kind]}
    assert (
        names - {reference["$ref"] for reference in references(bundled_document("worker-api.yaml").root)}
        == set()
    )


def links() -> list[tuple[str, str, Json]]:
    found = []
    for operation, entry in OPERATIONS.items():
        for name, link in entry["responses"]["200"].get("links", {}).items():
            found.append((operation, name, link))
    return found


def pointed(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def expressions(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    else:
        for member in value.values() if isinstance(value, dict) else value:
            yield from expressions(member)


@pytest.mark.parametrize(("operation", "name", "link"), links())
def test_a_link_leads_from_the_example_to_an_operation(operation: str, name: str, link: Json) -> None:
    answer = examples(OPERATIONS[operation]["responses"]["200"]["content"]["application/json"])[0]
    target = OPERATIONS[link["operationId"]]
    known = {parameter["name"] for parameter in target.get("parameters", [])}
    assert link.get("parameters", {}).keys() <= known
    fields = [*expressions(link.get("parameters", {})), *expressions(link.get("requestBody", {}))]
    for expression in fields:
        found = re.fullmatch(r"\$response\.body#(/.+)", expression)
        assert found
        assert isinstance(pointed(answer, found[1]), str)


@pytest.mark.parametrize(
    ("operation", "name", "link"), [link for link in links() if "requestBody" in link[2]]
)
def test_the_body_of_a_link_has_fields_of_its_operation(operation: str, name: str, link: Json) -> None:
    assert link["requestBody"].keys() <= body_schema(link["operationId"])["properties"].keys()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_described_in_full(operation: str) -> None:
    entry = OPERATIONS[operation]
    assert entry["summary"]
    assert entry["description"]
    assert entry["tags"]
    assert SPEC.root["security"] == [{"serverKey": []}]


# What the page says


@pytest.mark.parametrize(("operation", "statuses"), ERRORS.items())
def test_an_operation_has_the_error_statuses_of_the_page(operation: str, statuses: set[int]) -> None:
    described = {int(status) for status in OPERATIONS[operation]["responses"]}
    assert described - {405, 409, 415} == {200, *statuses}


@pytest.mark.parametrize("operation", worker_api().operations.values(), ids=lambda operation: operation.id)
def test_an_error_answer_has_the_code_of_its_status(api: Api, operation: Operation) -> None:
    for status in ERRORS[operation.id]:
        answer = {"success": False, "error": api.error_code(status)}
        assert operation.answer_flaw(status, answer) is None
        assert operation.answer_flaw(status, {**answer, "error": "other"}) is not None
        assert operation.answer_flaw(status, {**answer, "success": True}) is not None
        assert operation.answer_flaw(status, {"success": False}) is not None


@pytest.mark.parametrize(("operation", "fields"), BODIES.items())
def test_a_body_has_the_fields_of_the_page(operation: str, fields: dict[str, str]) -> None:
    assert types(body_schema(operation)) == fields
    assert body_schema(operation).get("required", []) == REQUIRED[operation]
    assert OPERATIONS[operation]["requestBody"]["required"] is True


def test_an_item_of_a_bulk_update_is_a_task_update_with_its_id() -> None:
    items = body_schema("bulkUpdateTasks")["properties"]["items"]
    item = SPEC.follow(items["items"])
    assert (items["maxItems"], item["required"]) == (500, ["link_id"])
    update_fields = {name: field for name, field in item["properties"].items() if name != "link_id"}
    assert types(item) == {"link_id": "string", **types(body_schema("updateTask"))}
    assert update_fields == body_schema("updateTask")["properties"]


def test_a_batch_of_logs_has_at_most_500_entries_of_four_levels() -> None:
    logs = body_schema("sendLogs")["properties"]["logs"]
    entry = SPEC.follow(logs["items"])
    assert (logs["maxItems"], entry["required"]) == (500, ["level", "message"])
    assert SPEC.follow(entry["properties"]["level"])["enum"] == ["INFO", "WARN", "ERROR", "DEBUG"]


def test_a_listed_task_has_the_fields_of_the_pages_example() -> None:
    task = SPEC.root["components"]["schemas"]["Task"]
    assert types(task) == TASK
    assert task["required"] == list(TASK)


def test_the_parameters_of_the_list_are_those_of_the_page() -> None:
    found = {parameter["name"]: parameter["schema"] for parameter in OPERATIONS["listTasks"]["parameters"]}
    assert list(found) == ["page", "limit", "after", "status", "service_type"]
    assert found["page"]["default"] == 1
    assert (found["limit"]["default"], found["limit"]["maximum"]) == (100, 1000)
    assert found["status"]["default"] == ["pending", "queued"]
    assert "default" not in found["after"]
    assert "default" not in found["service_type"]


def test_the_base_url_and_the_key_are_the_pages() -> None:
    assert SPEC.root["servers"][0]["url"] == "https://apitest.likepion.com/api/v1/worker"
    scheme = SPEC.root["components"]["securitySchemes"]["serverKey"]
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "X-API-Key")


WRONG = [
    ("heartbeat", ("data", "status"), "down"),
    ("heartbeat", ("data", "server_id"), "x"),
    ("heartbeat", ("data", "server_time"), "2025-12-01 10:00:00"),
    ("heartbeat", ("data", "server_time"), "2025-13-01T10:00:00Z"),
    ("listTasks", ("total",), -1),
    ("listTasks", ("limit",), "100"),
    ("listTasks", ("next_cursor",), "x"),
    ("listTasks", ("data", 0, "status"), "done"),
    ("listTasks", ("data", 0, "config"), {}),
    ("listTasks", ("data", 0, "started_at"), ""),
    ("listTasks", ("data", 0, "retry_count"), None),
    ("bulkUpdateTasks", ("success",), True),
    ("bulkUpdateTasks", ("results", 1, "error"), "other"),
    ("bulkUpdateTasks", ("results", 0, "success"), 1),
    ("updateTask", ("data", "updated"), False),
    ("updateLink", ("success",), False),
    ("completeLink", ("data", "link_id"), None),
    ("sendLogs", ("created",), 1.5),
    ("setRequestStatus", ("data", "request_id"), "x"),
    ("setAccountStatus", ("data",), {"updated": True}),
]


def changed(value: Any, steps: tuple[str | int, ...], new: Any) -> Any:
    if not steps:
        return new
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    copy[steps[0]] = changed(value[steps[0]], steps[1:], new)
    return copy


@pytest.mark.parametrize(("operation", "steps", "new"), WRONG)
def test_an_answer_that_is_not_as_described_is_seen(
    api: Api, operation: str, steps: tuple[str | int, ...], new: Any
) -> None:
    content = OPERATIONS[operation]["responses"]["200"]["content"]["application/json"]
    answer = examples(content)[0]
    assert api.operations[operation].answer_flaw(200, answer) is None
    flaw = api.operations[operation].answer_flaw(200, changed(answer, steps, new))
    assert flaw is not None
    assert flaw.place.startswith("answer/")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_field_of_an_answer_has_to_be_there(api: Api, operation: str) -> None:
    content = OPERATIONS[operation]["responses"]["200"]["content"]["application/json"]
    answer = examples(content)[0]
    for name in answer:
        less = {key: value for key, value in answer.items() if key != name}
        assert api.operations[operation].answer_flaw(200, less) is not None
