"""The spec without the silences, so that no server fails for behaviour that the API page leaves open."""

from __future__ import annotations

from copy import deepcopy
from functools import cache

import jsonschema_rs

from workerkit.contracts.page.near_types import with_near_values
from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.document import Document, Json, bundled_document

_ANYTHING: Json = {}
_CALLBACKS = ("updateLink", "completeLink", "setRequestStatus", "setAccountStatus")
# The API page does not list these statuses, but HTTP allows them for every request.
_FURTHER_STATUSES = ("405", "413", "429")
_BODIES = (
    *("Heartbeat", "TaskUpdate", "BulkUpdate", "BulkItem", "LogBatch", "LogEntry", "LinkUpdate"),
    *("LinkCompletion", "RequestStatus", "AccountStatus"),
)
_PLAIN_VALUES: dict[str, Json] = {
    "string": {"pattern": "^[ -~À-ƿẠ-ỹ]{1,60}$"},
    "number": {"minimum": 0, "maximum": 100, "multipleOf": 0.25},
}
# Without a list of values, the generator also writes integers as 12.0, which a server may refuse.
_COUNT: Json = {"type": "integer", "enum": [0, 1, 2, 12, 255, 1000, 9999]}
_LINK: Json = {"type": "string", "pattern": "^https://example\\.com/workerkit/[a-z0-9]{1,20}$"}
_PLAIN_FIELDS: dict[str, Json] = {
    **{"active_threads": _COUNT, "active_tasks": _COUNT, "link_profile": _LINK, "link_post": _LINK},
    "ip": {"type": "string", "format": "ipv4"},
}
# Without these fields, no worker can use a task. All other fields may be null in a list.
_NEVER_NULL = ("id", "status")
_METHODS = ("get", "put", "post", "delete", "patch")


@cache
def strict_spec() -> Document:
    """The bundled spec without changes. For each silence it has the default value."""
    return bundled_document("worker-api.yaml")


@cache
def lenient_answer_spec() -> Document:
    """The spec with unchanged requests. For answers, it has only what the API page promises."""
    root = deepcopy(strict_spec().root)
    for operation in _operations(root):
        _loosen_answers(operation)
    _loosen_answer_schemas(root["components"]["schemas"])
    return Document(root)


@cache
def plain_request_spec() -> Document:
    """The spec for generated requests. A correct server is likely to accept a request that follows this spec.

    Bodies have only fields that the API page names, and heartbeats have all of them. Texts are one short
    line. Numbers are small. Links are URLs, and `ip` is an IP address. The generator also makes requests that
    break this spec: the invalid requests.
    """
    root = deepcopy(lenient_answer_spec().root)
    schemas = root["components"]["schemas"]
    for name in _BODIES:
        schemas[name]["additionalProperties"] = False
        for field_name, field in schemas[name]["properties"].items():
            plain = _PLAIN_FIELDS.get(field_name) or {
                **field,
                **_PLAIN_VALUES.get(str(field.get("type")), {}),
            }
            schemas[name]["properties"][field_name] = plain
    # `x-phase` says nothing about requests, so it must not change the generated requests.
    schemas["TaskStatus"].pop("x-phase", None)
    schemas["Heartbeat"]["required"] = list(schemas["Heartbeat"]["properties"])
    return Document(root)


@cache
def lenient_api() -> Api:
    """The API with looser schemas: a request is valid if it is valid in at least one dialect.

    Every correct server refuses the requests that are invalid here. Values of near types are valid.
    """
    root = deepcopy(lenient_answer_spec().root)
    root["paths"]["/health"]["post"]["requestBody"]["required"] = False
    for operation in _operations(root):
        _loosen_parameters(root, operation)
    _loosen_request_schemas(Document(root))
    return Api(Document(root))


@cache
def possible_statuses(operation: str) -> frozenset[int]:
    """The statuses that an answer of this operation may have, in any dialect."""
    responses = next(
        candidate["responses"]
        for candidate in _operations(lenient_answer_spec().root)
        if candidate["operationId"] == operation
    )
    return frozenset(int(status) for status in responses if status.isdecimal())


@cache
def schema_validator(schema: str) -> jsonschema_rs.Validator:
    """The validator for one schema of the unchanged spec."""
    return strict_spec().validator({"$ref": f"#/components/schemas/{schema}"})


@cache
def enum_values(schema: str) -> tuple[str, ...]:
    """The values of one enumeration in the spec, in the order of the API page."""
    return tuple(strict_spec().root["components"]["schemas"][schema]["enum"])


@cache
def field_names(schema: str) -> frozenset[str]:
    """The field names of one schema in the spec."""
    return frozenset(strict_spec().root["components"]["schemas"][schema]["properties"])


@cache
def parameter_maximum(parameter: str) -> int:
    """The highest value of a query parameter of GET /tasks."""
    return int(_list_parameter(parameter)["maximum"])


@cache
def parameter_default(parameter: str) -> int:
    """The default value of a number parameter of GET /tasks."""
    return int(_list_parameter(parameter)["default"])


@cache
def waiting_statuses() -> tuple[str, ...]:
    """The statuses of waiting tasks. GET /tasks lists these when the request has no `status`."""
    parameters = strict_spec().root["paths"]["/tasks"]["get"]["parameters"]
    return tuple(
        next(parameter["schema"]["default"] for parameter in parameters if parameter["name"] == "status")
    )


@cache
def max_batch_size(schema: str, batch: str) -> int:
    """How many entries a batch may have. `batch` is the field of the schema that has the entries."""
    return int(strict_spec().root["components"]["schemas"][schema]["properties"][batch]["maxItems"])


def _list_parameter(name: str) -> Json:
    parameters = strict_spec().root["paths"]["/tasks"]["get"]["parameters"]
    schema: Json = next(parameter["schema"] for parameter in parameters if parameter["name"] == name)
    return schema


def _operations(root: Json) -> list[Json]:
    return [item[method] for item in root["paths"].values() for method in _METHODS if method in item]


def _loosen_answers(operation: Json) -> None:
    responses = operation["responses"]
    for status in [code for code in responses if code.startswith(("4", "5"))]:
        responses[status] = {"description": "The API page shows no body of an error answer."}
    for status in (*_FURTHER_STATUSES, *_statuses_elsewhere(operation)):
        responses.setdefault(status, {"description": "The API page neither lists nor forbids this status."})
    if operation["operationId"] in _CALLBACKS:
        responses["200"] = {"description": "The API page shows no answer of a callback."}


def _statuses_elsewhere(operation: Json) -> list[str]:
    """The further statuses of this operation in other dialects."""
    patches = operation.get("x-when", {}).values()
    return [
        status for values in patches for patch in values.values() for status in patch.get("responses", {})
    ]


def _loosen_answer_schemas(schemas: Json) -> None:
    page = schemas["TaskPage"]
    # With a cursor there may be no page number.
    page["properties"]["page"] = {"type": ["integer", "null"]}
    page["required"] = [name for name in page["required"] if name != "next_cursor"]
    schemas["BulkItemError"] = {"type": ["string", "null"]}
    # A server may say `updated: false` if an update changed nothing. If an update changed the task,
    # `read_back.py` checks this field.
    schemas["UpdatedLink"]["properties"]["updated"] = {"type": "boolean"}
    # `relations.py` checks this id. For an item without a valid id, the answer is not specified.
    schemas["BulkResult"]["properties"]["link_id"] = _ANYTHING
    schemas["BulkResult"]["required"].remove("link_id")
    schemas["Time"].pop("pattern", None)
    _allow_null(schemas["Task"])


def _allow_null(schema: Json) -> None:
    for name, field in schema["properties"].items():
        if name not in _NEVER_NULL:
            schema["properties"][name] = {"anyOf": [field, {"type": "null"}]}


def _loosen_parameters(root: Json, operation: Json) -> None:
    for parameter in operation.get("parameters", []):
        if not parameter.get("x-silence"):
            continue
        kind = Document(root).follow(parameter["schema"]).get("type")
        default = parameter["schema"].get("default")
        parameter["schema"] = {"type": "integer" if kind == "integer" else "string", "default": default}


def _loosen_request_schemas(document: Document) -> None:
    schemas = document.root["components"]["schemas"]
    schemas["Heartbeat"].pop("required", None)
    for name, batch in (("BulkUpdate", "items"), ("LogBatch", "logs")):
        schemas[name]["properties"][batch].pop("minItems", None)
        schemas[name]["properties"][batch]["items"] = _ANYTHING
    for name in _BODIES:
        required = schemas[name].get("required", [])
        for field_name, field in schemas[name]["properties"].items():
            is_required = field_name in required
            near = with_near_values(document, field, is_required=is_required)
            schemas[name]["properties"][field_name] = near
