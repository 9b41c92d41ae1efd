"""The names of fields and headers whose values are secret, and patterns that find them in texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from workerkit.openapi.spec.api import worker_api

_KEY_HEADERS = ("x-api-key", "authorization")
_KEY_FIELDS = ("api_key", "apikey", "api-key", *_KEY_HEADERS, "token")


class SecretNames:
    """Names of secret fields and headers, each with the kind of its secret. All names are in lower case.

    The header of the API key is the one of the spec. The other names are common in other systems.

    fields: the fields of JSON values and of queries.
    headers: the headers.
    headers_in_text: if a text shows a header with a key, it contains one of these.
    field_in_text: finds a field with its value in quotes.
    field_in_escaped_text: the same, in a text with escaped quotes.
    field_in_query: finds a field with its value in a query.
    header_in_text: finds a header with its value.
    """

    def __init__(self, key_header: str) -> None:
        key_headers = dict.fromkeys((key_header, *_KEY_HEADERS), "key")
        self.headers = {**key_headers, "cookie": "cookie", "set-cookie": "cookie"}
        self.fields = {
            "password": "password",
            "email": "email",
            **dict.fromkeys((*_KEY_FIELDS, key_header), "key"),
        }
        self.headers_in_text = tuple(f"{name}:" for name in key_headers)
        names = _regex_of(self.fields)
        self.field_in_text = re.compile(
            rf"""((['"])({names})\2\s*:\s*(['"]))((?:(?!\4)[^\\]|\\.)*)""", re.IGNORECASE | re.DOTALL
        )
        self.field_in_escaped_text = re.compile(
            rf'((\\")({names})\2\s*:\s*(\\"))((?:[^"\\]|\\[^"\\]|\\\\(?:\\[\\"]|[^"\\]))*)', re.IGNORECASE
        )
        self.field_in_query = re.compile(rf"""((?<![\w-])({names})=)([^&\s;,"'<>]+)""", re.IGNORECASE)
        self.header_in_text = re.compile(
            rf"""((?<![\w-])({_regex_of(key_headers)}):\s*(?:bearer\s+|basic\s+)?)([^\s;,"'<>]+)""",
            re.IGNORECASE,
        )


@cache
def secret_names() -> SecretNames:
    """The names for the Worker API."""
    return SecretNames(worker_api().key_header)


def _regex_of(names: Iterable[str]) -> str:
    return "|".join(map(re.escape, names))
