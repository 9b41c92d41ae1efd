"""The error for a value that a schema does not allow."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import jsonschema_rs

from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.formats.yaml_nodes import did_you_mean
from workerkit.openapi.languages.phrase import joined, phrase
from workerkit.openapi.languages.validator_phrase import validator_phrase

_LONGEST_MESSAGE = 200


class FlawError(WorkerkitError, ValueError):
    """A schema does not allow a value.

    place: the path of the value, for example `body/items/3/status`.
    message: the reason, without the place.
    """

    def __init__(self, place: str, message: str) -> None:
        super().__init__(joined(": ", (place, message)))
        self.place = place
        self.message = message


def first_flaw(
    validator: jsonschema_rs.Validator, value: Any, place: str, known: Collection[str] = ()
) -> FlawError:
    """The first error that a validator finds in a value. Call it only for a value that is not valid.

    place: the path of the value.
    known: the names of all fields that exist. For an unknown field, the message names the closest of these.
    """
    error = _first_choice(_first_error(validator, value))
    error_place = "/".join([place, *map(str, error.instance_path)])
    unknown: list[str] = getattr(error.kind, "unexpected", [])
    hints = (did_you_mean(name, known) for name in unknown[:1])
    return FlawError(error_place, joined("", (_short(error), *hints)))


def _first_error(validator: jsonschema_rs.Validator, value: Any) -> jsonschema_rs.ValidationError:
    """The first error. `iter_errors` would find all: for a long list, this takes gigabytes of memory."""
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        return error
    raise AssertionError("the value is valid")


def _first_choice(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """If a value fits none of several schemas: the error of the first one, which is that of the API page."""
    choices: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", [])
    return _first_choice(choices[0][0]) if choices and choices[0] else error


def _short(error: jsonschema_rs.ValidationError) -> str:
    """The validator's message, or a shorter text for a long message.

    A long message is replaced, not cut. A cut could leave a part of a secret, and the mask finds only
    complete secrets.
    """
    keyword = str(next(reversed(error.schema_path), "schema"))
    if len(error.message) > _LONGEST_MESSAGE:
        return _about_long_value(keyword, getattr(error.kind, "limit", None))
    options = getattr(error.kind, "options", ())
    value_text, separator, _ = error.message.partition(" is not one of ")
    if options and separator:
        return phrase("{value} is not one of {values}", value=value_text, values=", ".join(map(str, options)))
    return validator_phrase(error.message)


def _about_long_value(keyword: str, limit: object) -> str:
    if keyword == "maxItems":
        return phrase("the list has more than {limit} items", limit=limit)
    if keyword == "maxLength":
        return phrase("the text has more than {limit} characters", limit=limit)
    return phrase("the value is against {keyword} of the API's spec", keyword=keyword)
