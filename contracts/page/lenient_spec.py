"""The spec without what the page leaves open, so that no server is blamed for a silence."""

from __future__ import annotations

from copy import deepcopy
from functools import cache

import jsonschema_rs

from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.document import Document, Json, bundled

_ANYTHING: Json = {}
_CALLBACKS = ("updateLink", "completeLink", "setRequestStatus", "setAccountStatus")
# Statuses that the page does not list, yet HTTP itself allows; so do the other values of the silences.
_FURTHER_STATUSES = ("405", "413", "429")
_BODIES = ("Heartbeat", "TaskUpdate", "BulkUpdate", "BulkItem", "LogBatch", "LogEntry", "LinkUpdate")
_PLAIN: dict[str, Json] = {
    "string": {"pattern": "^[ -~À-ƿẠ-ỹ]{1,60}$"},
    "number": {"minimum": 0, "maximum": 100},
}
_COUNT: Json = {"type": "integer", "minimum": 0, "maximum": 10_000}
_METHODS = ("get", "put", "post", "delete", "patch")


@cache
def strict() -> Document:
    """The bundled spec as it is: with the default of every silence."""
    return bundled("worker-api.yaml")


@cache
def lenient_answers() -> Document:
    """The spec with its requests as they are and, of the answers, only what the page promises."""
    root = deepcopy(strict().root)
    for operation in _operations(root):
        _loosen_answers(operation)
    _loosen_answer_schemas(root["components"]["schemas"])
    return Document(root)


@cache
def plain_requests() -> Document:
    """What legal requests are generated from: narrowed to those that hardly a sound server may refuse.

    Bodies have all their fields or named ones only, texts are words of one line, numbers are of a likely
    size. What lies outside is generated as bad data, and judged by what every dialect allows.
    """
    root = deepcopy(lenient_answers().root)
    schemas = root["components"]["schemas"]
    _name_bulk_fields(schemas)
    for name in _BODIES:
        schemas[name]["additionalProperties"] = False
        for field in schemas[name]["properties"].values():
            field.update(_PLAIN.get(str(field.get("type")), {}))
    schemas["Heartbeat"]["required"] = list(schemas["Heartbeat"]["properties"])
    for name in ("active_threads", "active_tasks"):
        schemas["Heartbeat"]["properties"][name] = _COUNT
    return Document(root)


@cache
def lenient_api() -> Api:
    """The operations as every dialect allows them: what they refuse, every sound server refuses."""
    root = deepcopy(lenient_answers().root)
    root["paths"]["/health"]["post"]["requestBody"]["required"] = False
    for operation in _operations(root):
        _loosen_parameters(root, operation)
    _loosen_request_schemas(root["components"]["schemas"])
    return Api(Document(root))


@cache
def documented(operation: str) -> frozenset[int]:
    """The statuses that an answer of the operation may have: those of the spec, and those left open."""
    responses = next(
        each["responses"] for each in _operations(lenient_answers().root) if each["operationId"] == operation
    )
    return frozenset(int(status) for status in responses if status.isdecimal())


@cache
def validator(schema: str) -> jsonschema_rs.Validator:
    """A validator of a schema of the spec, by its name, as strict as the spec is."""
    return strict().validator({"$ref": f"#/components/schemas/{schema}"})


@cache
def enumeration(schema: str) -> tuple[str, ...]:
    """The values of an enumeration of the spec, by its name, in the page's order."""
    return tuple(strict().root["components"]["schemas"][schema]["enum"])


@cache
def fields(schema: str) -> frozenset[str]:
    """The names of the fields of a schema of the spec, by its name."""
    return frozenset(strict().root["components"]["schemas"][schema]["properties"])


@cache
def highest(parameter: str) -> int:
    """The highest value of a query parameter of the list, by its name."""
    return int(_list_parameter(parameter)["maximum"])


@cache
def default(parameter: str) -> int:
    """The default of a query parameter of the list that is a number, by its name."""
    return int(_list_parameter(parameter)["default"])


@cache
def waiting() -> tuple[str, ...]:
    """The statuses of tasks that wait to be done: those that the list has by default."""
    parameters = strict().root["paths"]["/tasks"]["get"]["parameters"]
    return tuple(
        next(parameter["schema"]["default"] for parameter in parameters if parameter["name"] == "status")
    )


@cache
def most(schema: str, batch: str) -> int:
    """How many entries a batch may have at most, by its schema and the batch's field."""
    return int(strict().root["components"]["schemas"][schema]["properties"][batch]["maxItems"])


def _list_parameter(name: str) -> Json:
    parameters = strict().root["paths"]["/tasks"]["get"]["parameters"]
    schema: Json = next(parameter["schema"] for parameter in parameters if parameter["name"] == name)
    return schema


def _operations(root: Json) -> list[Json]:
    return [item[method] for item in root["paths"].values() for method in _METHODS if method in item]


def _loosen_answers(operation: Json) -> None:
    responses = operation["responses"]
    for status in [response for response in responses if response.startswith(("4", "5"))]:
        responses[status] = {"description": "The page shows no body of an error."}
    for status in (*_FURTHER_STATUSES, *_statuses_elsewhere(responses)):
        responses.setdefault(status, {"description": "Not on the page, and not forbidden by it."})
    if operation["operationId"] in _CALLBACKS:
        responses["200"] = {"description": "The page shows no answer of a callback."}


def _statuses_elsewhere(responses: Json) -> list[str]:
    """The statuses that servers of other dialects answer with."""
    patches = responses.get("x-when", {}).values()
    return [status for values in patches for patch in values.values() for status in patch]


def _loosen_answer_schemas(schemas: Json) -> None:
    page = schemas["TaskPage"]
    page["properties"]["page"] = {"type": "integer"}
    page["required"] = [each for each in page["required"] if each != "next_cursor"]
    schemas["BulkResult"]["properties"]["error"].pop("enum", None)
    # Compared with the item's by a relation: an item without a right one leaves it to the server.
    schemas["BulkResult"]["properties"]["link_id"] = _ANYTHING
    schemas["BulkResult"]["required"].remove("link_id")
    schemas["Time"].pop("pattern", None)


def _name_bulk_fields(schemas: Json) -> None:
    item = schemas["BulkItem"]
    del item["allOf"]
    item["properties"].update(deepcopy(schemas["TaskUpdate"]["properties"]))


def _loosen_parameters(root: Json, operation: Json) -> None:
    for parameter in operation.get("parameters", []):
        silences = parameter.get("x-silence")
        if not silences:
            continue
        kind = Document(root).follow(parameter["schema"]).get("type")
        default = parameter["schema"].get("default")
        parameter["schema"] = {"type": "integer" if kind == "integer" else "string", "default": default}


def _loosen_request_schemas(schemas: Json) -> None:
    schemas["Heartbeat"].pop("required", None)
    schemas["Int"] = {"type": "integer"}
    for name in ("Heartbeat", "TaskUpdate", "LinkUpdate", "LinkCompletion"):
        _allow_null(schemas[name])
    for name, batch in (("BulkUpdate", "items"), ("LogBatch", "logs")):
        schemas[name]["properties"][batch].pop("minItems", None)
        schemas[name]["properties"][batch]["items"] = _ANYTHING


def _allow_null(schema: Json) -> None:
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        if name not in required:
            schema["properties"][name] = {"anyOf": [field, {"type": "null"}]}
