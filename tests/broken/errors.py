"""Mutants with wrong answers to bad requests."""

from __future__ import annotations

from collections.abc import Mapping

from tests.broken.mutant import broken
from tests.broken.patches import patch_method
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.openapi.formats import strict_json
from workerkit.openapi.spec.operation import Call, Operation


@broken("bad-requests-are-422", "statuses", "bad-request")
def _unprocessable() -> None:
    InvalidRequestError.status = 422


@broken("bad-requests-are-500", "no-system-error")
def _crash() -> None:
    InvalidRequestError.status = 500


@broken("bad-requests-are-404", "bad-request", "statuses", "logs", "bulk", "list-limit", "update-status")
def _not_found() -> None:
    InvalidRequestError.status = 404


@broken("bad-json-is-an-error-of-the-server", "no-system-error")
def _bad_json() -> None:
    original = Operation.parse_request

    def parse_request(operation: Operation, path_values: Mapping[str, str], query: str, body: bytes) -> Call:
        if body:
            try:
                strict_json.parse(body)
            except strict_json.MalformedJsonError as error:
                raise RuntimeError(str(error)) from None
        return original(operation, path_values, query, body)

    patch_method(Operation, "parse_request", parse_request)
