"""Values of a near type: correct servers may convert them to the type on the API page, or refuse them.

Examples are "5" and false for a number, "true" and 0 for a boolean, and 5 for a string. An empty text is a
near value for every type, because some servers treat it as missing.
"""

from __future__ import annotations

import re

from workerkit.openapi.spec.document import Document, Json

_NUMBER_WORDS = ("nan", "inf", "infinity")
_BOOLEAN_WORDS = ("true", "false", "yes", "no", "on", "off", "t", "f", "y", "n")
# Some servers read a number from a text that only begins with it, so every text with a digit is a near value.
_DIGIT = r"\p{Nd}"
_BLANK = r"^\s*$"
# Some servers read a UUID without hyphens, or with more characters around it.
_BARE_UUID = r"^\s*(urn:uuid:)?\{?[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?\s*$"


def with_near_values(document: Document, field: Json, *, is_required: bool) -> Json:
    """The schema of a field that also allows values of near types.

    A field that is not required also allows null and the empty text. A server may treat them as missing.
    """
    schema = document.follow(field)
    near = [field, *_near_schemas(schema)]
    if not is_required:
        near += [{"type": "null"}, {"type": "string", "pattern": _BLANK}]
    return {"anyOf": near}


def _near_schemas(schema: Json) -> list[Json]:
    if "enum" in schema:
        words = "|".join(map(re.escape, schema["enum"]))
        return [{"type": "string", "pattern": rf"^\s*({words})\s*$"}]
    if schema.get("format") == "uuid":
        return [{"type": "string", "pattern": _BARE_UUID}]
    match schema.get("type"):
        case "integer" | "number":
            return [{"type": ["number", "boolean"]}, _text(_DIGIT, _BLANK, _any_of(_NUMBER_WORDS))]
        case "boolean":
            return [{"type": "number"}, _text(_DIGIT, _BLANK, _any_of(_BOOLEAN_WORDS))]
        case "string":
            return [{"type": ["number", "boolean"]}]
        case "array":
            # PHP has one type for lists and objects.
            return [{"type": "object"}]
    return []


def _text(*patterns: str) -> Json:
    return {"type": "string", "pattern": "|".join(patterns)}


def _any_of(words: tuple[str, ...]) -> str:
    """A pattern for one of these words, in upper or lower case, with spaces or a sign around it."""
    return rf"^\s*[+-]?({'|'.join(map(_in_any_case, words))})\s*$"


def _in_any_case(word: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" for letter in word)
