"""The error for a value that a schema does not allow."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import jsonschema_rs

from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.formats.yaml_nodes import did_you_mean

_LONGEST_MESSAGE = 200
# The messages about values that are too long to be in a message.
_LIMITS = {
    "maxItems": "the list has more than {} items",
    "maxLength": "the text has more than {} characters",
}


class FlawError(WorkerkitError, ValueError):
    """A schema does not allow a value.

    place: the path of the value, for example `body/items/3/status`.
    message: the reason, without the place.
    """

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place
        self.message = message


def first_flaw(
    validator: jsonschema_rs.Validator, value: Any, place: str, known: Collection[str] = ()
) -> FlawError:
    """The first error that a validator finds in a value. Call it only for a value that is not valid.

    place: the path of the value.
    known: the names of all fields that exist. For an unknown field, the message names the closest of these.
    """
    error = next(iter(validator.iter_errors(value)))
    error_place = "/".join([place, *map(str, error.instance_path)])
    unknown: list[str] = getattr(error.kind, "unexpected", [])
    return FlawError(error_place, _short(error) + "".join(did_you_mean(name, known) for name in unknown[:1]))


def _short(error: jsonschema_rs.ValidationError) -> str:
    """The validator's message, or a shorter text for a long message.

    A long message is replaced, not cut. A cut could leave a part of a secret, and the mask finds only
    complete secrets.
    """
    keyword = str(next(reversed(error.schema_path), "schema"))
    if len(error.message) > _LONGEST_MESSAGE:
        limit = getattr(error.kind, "limit", None)
        return _LIMITS.get(keyword, f"the value is against {keyword} of the API's spec").format(limit)
    options = getattr(error.kind, "options", ())
    value_text, separator, _ = error.message.partition(" is not one of ")
    return (
        f"{value_text}{separator}{', '.join(map(str, options))}" if options and separator else error.message
    )
