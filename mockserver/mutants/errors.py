"""Mutants with wrong answers to bad requests."""

from __future__ import annotations

from collections.abc import Mapping

from workerkit.mockserver.mutants.mutant import EVERY_OPERATION, WITH_BODY, broken
from workerkit.mockserver.mutants.patches import patch_member
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.openapi.formats import strict_json
from workerkit.openapi.spec.operation import Call, Operation


@broken(
    "bad-requests-are-422",
    "Wrong requests are answered with 422 instead of 400.",
    "statuses",
    "bad-request",
    operations=EVERY_OPERATION,
)
def _unprocessable() -> None:
    InvalidRequestError.status = 422


@broken(
    "bad-requests-are-500",
    "Wrong requests are answered with 500 instead of 400.",
    "no-system-error",
    operations=EVERY_OPERATION,
)
def _crash() -> None:
    InvalidRequestError.status = 500


@broken(
    "bad-requests-are-404",
    "Wrong requests are answered with 404 instead of 400.",
    "bad-request",
    "statuses",
    "logs",
    "bulk",
    "list-limit",
    "update-status",
    operations=EVERY_OPERATION,
)
def _not_found() -> None:
    InvalidRequestError.status = 404


@broken(
    "bad-json-is-an-error-of-the-server",
    "A body that is not JSON is answered with 500 instead of 400.",
    "no-system-error",
    operations=WITH_BODY,
)
def _bad_json() -> None:
    original = Operation.parse_request

    def parse_request(operation: Operation, path_values: Mapping[str, str], query: str, body: bytes) -> Call:
        if body:
            try:
                strict_json.parse(body)
            except strict_json.MalformedJsonError as error:
                raise RuntimeError(str(error)) from None
        return original(operation, path_values, query, body)

    patch_member(Operation, "parse_request", parse_request)
