"""Answers of the mock, checked by other tools with the spec that other tools get."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from openapi_schema_validator import (
    OAS30ReadValidator,
    OAS31Validator,
    oas30_format_checker,
    oas31_format_checker,
)

from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.document import Document
from workerkit.openapi.spec.operation import Operation
from workerkit.openapi.spec.published import VERSIONS, OpenapiVersion, published_spec

_VALIDATORS: dict[OpenapiVersion, Any] = {"3.1": OAS31Validator, "3.0": OAS30ReadValidator}
_FORMATS = {"3.1": oas31_format_checker, "3.0": oas30_format_checker}


def assert_published_specs_accept(dialect: Dialect, operation: Operation, status: int, body: Any) -> None:
    """Fails if the published spec of a dialect, in one of its versions, does not allow an answer."""
    path = operation.path.removeprefix(worker_api().base_path)
    for version in VERSIONS:
        validator = _validator(dialect, version, path, operation.method.lower(), status)
        errors = [f"{version}: {error.json_path}: {error.message}" for error in validator.iter_errors(body)]
        assert errors == []


@lru_cache(maxsize=1024)
def _validator(dialect: Dialect, version: OpenapiVersion, path: str, method: str, status: int) -> Any:
    document = _published(dialect, version)
    response = document.follow(document.root["paths"][path][method]["responses"][str(status)])
    schema = response["content"]["application/json"]["schema"]
    complete = {"allOf": [schema], "components": document.root["components"]}
    return _VALIDATORS[version](complete, format_checker=_FORMATS[version])


@lru_cache(maxsize=64)
def _published(dialect: Dialect, version: OpenapiVersion) -> Document:
    return Document(published_spec(dialect, version))
