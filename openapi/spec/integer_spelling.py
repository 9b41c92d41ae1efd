"""The keyword `x-digits` of schemas: an integer has to be written with digits alone."""

from __future__ import annotations

from typing import Any


class DigitsKeyword:
    """Refuses 3.0 if the schema has `x-digits`. JSON Schema itself allows 3.0 as an integer."""

    def __init__(self, parent_schema: dict[str, Any], value: Any, schema_path: list[Any]) -> None:
        """`jsonschema_rs` makes one object for each place of the keyword."""

    def validate(self, instance: Any) -> None:
        """Raises ValueError for a number with a fraction or an exponent. `jsonschema_rs` calls it."""
        # A number of 2^64 or more is read as a float, also if it is written with digits alone.
        if isinstance(instance, float) and abs(instance) < 2**64:
            raise ValueError(f"{instance} is not written with digits alone")
