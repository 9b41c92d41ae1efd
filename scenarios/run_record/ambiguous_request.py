"""Finds requests that the spec allows, but that a server may read in another way than the worker means them.

The API page has the names of the query parameters. Programs do not agree on which value of a repeated JSON
key counts.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.flaw import FlawError

_BRACKETS = re.compile(r"\[[^\]]*\]$")
_PLURAL = re.compile("(es|s)$")
# The smallest similarity of a misspelt name, from 0 to 1: `staus` and `status` have 0.91.
_SIMILARITY = 0.8


class _RepeatedKeyError(WorkerkitError, ValueError):
    """A JSON object has a key twice. The argument is the key."""


def ambiguity_of(exchange: Exchange, api: Api) -> FlawError | None:
    """Returns the first ambiguity of a request that the spec allows. None if there is none.

    A query parameter is ambiguous if its name is not on the API page, but similar to one that is: `status[]`,
    `Status`, `statuses`. A body is ambiguous if an object in it has a key twice.
    """
    operation = api.operations[exchange.operation or ""]
    known = [parameter.name for parameter in operation.query_parameters]
    for name in _parameters(exchange.query) if known else ():
        meant = _meant_parameter(name, known)
        if meant is not None:
            text = phrase("is not a parameter of the API page, which has {meant}", meant=meant)
            return FlawError(f"query/{name}", text)
    if operation.body_validator is None or not exchange.request_body:
        return None
    key = _repeated_key(exchange.request_body)
    if key is None:
        return None
    return FlawError("body", phrase('has the key "{key}" twice in one object', key=key))


def _parameters(query: str) -> Iterable[str]:
    return dict.fromkeys(name for name, _ in parse_qsl(query, keep_blank_values=True))


def _meant_parameter(name: str, known: list[str]) -> str | None:
    """Returns the parameter of the API page that a misspelt name means. None for all other names."""
    if name in known:
        return None
    letters_of_known = {_letters(other): other for other in known}
    letters = _letters(_BRACKETS.sub("", name))
    for candidate in (letters, _PLURAL.sub("", letters)):
        if candidate in letters_of_known:
            return letters_of_known[candidate]
    similar = difflib.get_close_matches(letters, letters_of_known, n=1, cutoff=_SIMILARITY)
    return letters_of_known[similar[0]] if similar else None


def _letters(name: str) -> str:
    """Returns a name in small letters, without hyphens and underscores."""
    return name.lower().replace("-", "").replace("_", "")


def _repeated_key(body: bytes) -> str | None:
    try:
        json.loads(body, object_pairs_hook=_check_keys)
    except _RepeatedKeyError as error:
        return str(error)
    except (ValueError, RecursionError):
        return None
    return None


def _check_keys(pairs: list[tuple[str, Any]]) -> None:
    keys = {key for key, _ in pairs}
    if len(keys) < len(pairs):
        raise _RepeatedKeyError(next(key for key in keys if sum(key == other for other, _ in pairs) > 1))
