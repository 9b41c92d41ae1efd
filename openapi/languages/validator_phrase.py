"""The messages of the validator of schemas as phrases, so that reports can show them in other languages."""

from __future__ import annotations

from collections.abc import Callable

from workerkit.openapi.languages.phrase import phrase

# By the words of the validator between the value and the rest of the message.
_PHRASES: dict[str, Callable[[str, str], str]] = {
    " is not of type ": lambda value, rest: phrase("{value} is not of type {type}", value=value, type=rest),
    " is not of types ": lambda value, rest: phrase(
        "{value} is not of types {types}", value=value, types=rest
    ),
    " is a required property": lambda value, _: phrase("{value} is a required property", value=value),
    " is less than the minimum of ": lambda value, rest: phrase(
        "{value} is less than the minimum of {limit}", value=value, limit=rest
    ),
    " is greater than the maximum of ": lambda value, rest: phrase(
        "{value} is greater than the maximum of {limit}", value=value, limit=rest
    ),
    " is longer than ": lambda value, rest: phrase(
        "{value} is longer than {limit} characters", value=value, limit=rest.removesuffix(" characters")
    ),
    ' is not a "': lambda value, rest: phrase('{value} is not a "{format}', value=value, format=rest),
    " does not match ": lambda value, rest: phrase(
        "{value} does not match {pattern}", value=value, pattern=rest
    ),
    "Additional properties are not allowed ": lambda _, rest: phrase(
        "Additional properties are not allowed {names}", names=rest
    ),
}


def validator_phrase(message: str) -> str:
    """A message of the validator as a phrase with the same English text. Other messages stay as they are."""
    for words, made in _PHRASES.items():
        value, separator, rest = message.partition(words)
        text = made(value, rest) if separator else ""
        if text == message:
            return text
    return message
