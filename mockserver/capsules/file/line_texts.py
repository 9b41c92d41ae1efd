"""Reads and changes the texts in a line of a capsule file. A changed line keeps its form."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable

from workerkit.mockserver.capsules.file.body import json_line

# In a capsule file, only JSON has texts in quotes. The keys of YAML have no quotes.
_TEXT = re.compile(r'"(?:[^"\\]++|\\.)*+"')
_BASE64_BODY = re.compile(r'( *(?:body: \{)?base64: )"([A-Za-z0-9+/=]*)"(\}?\s*)')
_ANY_BYTES = "surrogateescape"


def text_of_line(line: str) -> str:
    """The line without spaces around it. A body in base64 becomes the text of its bytes."""
    found = _BASE64_BODY.fullmatch(line)
    return _decoded(found[2]) if found else line.strip()


def with_changed_texts(line: str, change: Callable[[str], str]) -> str:
    """The line with a new text for each text in it: a path, a header, or a name or a value in a body."""
    if found := _BASE64_BODY.fullmatch(line):
        body = change(_decoded(found[2])).encode("utf-8", _ANY_BYTES)
        return f'{found[1]}"{b64encode(body).decode()}"{found[3]}'
    return _TEXT.sub(lambda text: _changed(text[0], change), line)


def _decoded(encoded: str) -> str:
    return b64decode(encoded).decode("utf-8", _ANY_BYTES)


def _changed(text_in_quotes: str, change: Callable[[str], str]) -> str:
    text = json.loads(text_in_quotes)
    changed = change(text)
    return text_in_quotes if changed == text else json_line(changed)
