"""What is wrong with a value, and where."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import jsonschema_rs

from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.formats.yaml_nodes import closest

_LONGEST = 200


class FlawError(WorkerkitError, ValueError):
    """A value that a schema does not allow. `place` is a path such as `body/items/3/status`."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place
        self.message = message


def first_flaw(
    validator: jsonschema_rs.Validator, value: Any, place: str, known: Collection[str] = ()
) -> FlawError:
    """The first thing that a validator finds wrong with a value that it refused.

    `known` are the names of fields that there are: the message names the closest to an unknown one.
    """
    error = next(iter(validator.iter_errors(value)))
    within = "/".join([place, *map(str, error.instance_path)])
    unknown: list[str] = getattr(error.kind, "unexpected", [])
    return FlawError(within, _short(error) + "".join(closest(name, known) for name in unknown[:1]))


def _short(error: jsonschema_rs.ValidationError) -> str:
    """The message, unless that is long. It is not cut: half a secret in it would not be known for one."""
    keyword = next(reversed(error.schema_path), "schema")
    if len(error.message) > _LONGEST:
        return f"{keyword} does not allow what is there"
    options = getattr(error.kind, "options", ())
    given, said, _ = error.message.partition(" is not one of ")
    return f"{given}{said}{', '.join(map(str, options))}" if options and said else error.message
