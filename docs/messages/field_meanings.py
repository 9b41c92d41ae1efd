"""What the docstring of a dataclass says: what it is, and what its fields mean."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

# A line of a docstring that describes a field: `share: the size of this part`.
_FIELD = re.compile(r"^(\w+): ", re.MULTILINE)


def description(shape: type) -> str:
    """What the docstring says before the first field, in one line."""
    return _in_one_line(_parts(shape)[0])


def field_meanings(shape: type) -> Mapping[str, str]:
    """What the docstring says about each field, in one line, by the name of the field."""
    parts = _parts(shape)[1:]
    return {name: _in_one_line(text) for name, text in zip(parts[::2], parts[1::2], strict=True)}


def _parts(shape: type) -> list[str]:
    """What stands before the first field, then a name and a text for each field."""
    return _FIELD.split(inspect.cleandoc(shape.__doc__ or ""))


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
