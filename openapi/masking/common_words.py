"""Words that are in many texts. A secret that is such a word is replaced only in its own fields.

If the password `10` were replaced everywhere, `limit=10` would no longer be a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any

from workerkit.openapi.spec.document import bundled_document
from workerkit.openapi.spec.silence import silences

# Secrets with fewer characters, and numbers with fewer digits, are common.
FEWEST_CHARACTERS, FEWEST_DIGITS = 4, 6
_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?")
_DIGITS = frozenset("0123456789")
_WORD_IN_PATH = re.compile(r"(?<![\w{-])[\w-]+(?![\w}-])")
# Parts of pseudonyms.
_OF_PSEUDONYMS = ("capsule", "example", "mail", "key", "pass", "cookie", "capsule.example")
_OF_HTTP = (
    *("true", "false", "null", "none"),
    *("http", "https", "http/1.1", "localhost", "127.0.0.1", "0.0.0.0"),
    *("application", "application/json", "text", "text/plain", "text/html", "html", "plain", "charset"),
    *("utf-8", "gzip", "deflate", "identity", "chunked", "close", "keep-alive", "bearer", "basic"),
    *("host", "date", "connection", "accept", "accept-encoding", "user-agent", "content-length"),
    *("transfer-encoding", "content-encoding", "authorization", "retry-after"),
)


def is_common(secret: str) -> bool:
    """True if a secret is short, a short number, or a word of the API or of HTTP."""
    if len(secret) < FEWEST_CHARACTERS or secret.lower() in common_words():
        return True
    return secret[-1] in _DIGITS and _is_short_number(secret)


def _is_short_number(secret: str) -> bool:
    return _NUMBER.fullmatch(secret) is not None and sum(sign in _DIGITS for sign in secret) < FEWEST_DIGITS


@cache
def common_words() -> frozenset[str]:
    """The words of the specs, of the silences, of HTTP and of pseudonyms, in lower case."""
    documents = [bundled_document(name) for name in ("worker-api.yaml", "control-api.yaml")]
    of_silences = (word for silence in silences().values() for word in (silence.id, *silence.values))
    of_specs = chain.from_iterable(
        _words_in([{document.base_path: {}}, document.root]) for document in documents
    )
    return frozenset(word.lower() for word in (*of_specs, *of_silences, *_OF_HTTP, *_OF_PSEUDONYMS))


def _words_in(value: Any) -> Iterator[str]:
    """The names of fields and parameters, the values of enumerations, and the parts of paths."""
    if isinstance(value, list):
        for member in value:
            yield from _words_in(member)
    elif isinstance(value, dict):
        yield from value.get("properties", ())
        yield from (word for word in value.get("enum", ()) if isinstance(word, str))
        if "in" in value and isinstance(value.get("name"), str):
            yield value["name"]
        for name, member in value.items():
            if name.startswith("/"):
                yield from _WORD_IN_PATH.findall(name)
            yield from _words_in(member)
