"""Messages that a generator gives because of its own defects: no change of the spec prevents them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnDefect:
    """A defect of a generator.

    generator: the beginning of the generator's name.
    pattern: a regular expression that finds the messages.
    reason: why the spec is not the cause.
    """

    generator: str
    pattern: str
    reason: str

    def explains(self, generator: str, message: str) -> bool:
        """Whether this is the reason of a message."""
        return generator.startswith(self.generator) and re.search(self.pattern, message) is not None


OWN_DEFECTS = (
    OwnDefect(
        "openapi-generator",
        r"OpenAPI 3\.1 support is still in beta",
        "openapi-generator says this of every document of OpenAPI 3.1. With `--openapi 3.0` it does not.",
    ),
    OwnDefect(
        "openapi-generator",
        r"Failed to get the schema name: null",
        "openapi-generator looks for a reference in each of the `examples` of an answer. It says this of "
        "every document that has such an example with a `value`.",
    ),
    OwnDefect(
        "openapi-generator",
        r"Cannot convert OpenAPI default of type \S+ArrayNode to a PHP literal",
        "The PHP client cannot have a list as the default of a parameter. Then `status` has no default, and "
        "the server uses its own.",
    ),
    OwnDefect(
        "openapi-generator",
        r"Ignoring complex example on request body",
        "The documentation of the Java client has no examples that are objects.",
    ),
    OwnDefect(
        "openapi-generator",
        r"client/(api_client|rest|exceptions|api/\w+)\.py:.*\[(no-untyped-\w+|no-any-return|attr-defined)\]",
        "The templates of the Python client have functions without types. The settings for mypy in the "
        "client's pyproject.toml leave these checks out.",
    ),
    OwnDefect(
        "openapi-generator",
        r"(ApiClient|JSON)\.java:\d+: warning: \[deprecation\]",
        "ApiClient.java and JSON.java are the same for every document. Jackson deprecated what they use.",
    ),
    OwnDefect(
        "openapi-python-client",
        r"^client/client\.py:\d+: error: Argument 1 to \"__a?exit__\"",
        "client.py is the same for every document. It gives a method `*args: object`.",
    ),
)


def defect_of(generator: str, message: str) -> OwnDefect | None:
    """The defect that explains a message. None if the spec may be its cause."""
    return next((defect for defect in OWN_DEFECTS if defect.explains(generator, message)), None)


def unexplained(generator: str, messages: Iterable[str]) -> list[str]:
    """The messages that no defect explains."""
    return [message for message in messages if defect_of(generator, message) is None]
