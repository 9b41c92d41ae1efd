"""A body in a capsule file: a short body is JSON on one line, a long body is a block of JSON text."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import Any

import orjson

from workerkit.openapi.formats.strict_json import MalformedJsonError, parse, parse_shared, render
from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.yaml_checks import read_mapping

BODY_KEYS = ("json", "json-text", "text", "base64", "same")
NAME_KEY = "name"
_LONG = 2000
# JSON text may contain these characters as they are, but YAML cannot read them.
_UNREADABLE_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class BodyFormatter:
    """Formats bodies for a capsule file. Gives each long body a name, so that it is written only once."""

    def __init__(self) -> None:
        self._names: dict[bytes, str] = {}  # keys are digests, because the bodies would need much memory

    def parts(self, body: bytes, indent: str) -> tuple[str, ...]:
        """The text after `body:` in the file, in several parts. The last part ends with a line break.

        indent: the spaces before each further line.

        The parts are not joined here, because each copy of a long body takes time.
        """
        if len(body) < _LONG:
            return (f" {{{_short_form(body)}}}\n",)
        digest = sha256(body).digest()
        if digest in self._names:
            return (f" {{same: {self._names[digest]}}}\n",)
        name = self._names[digest] = f"body-{len(self._names) + 1}"
        return (f"\n{indent}{NAME_KEY}: {name}\n{indent}", *_long_form(body, indent))


class BodyReader:
    """Reads the bodies of a capsule file, and remembers those with a name."""

    def __init__(self) -> None:
        self._named: dict[str, bytes] = {}

    def read(self, node: Node) -> bytes:
        """The body that a YAML mapping describes. Raises InvalidInputError."""
        given = read_mapping(node, (*BODY_KEYS, NAME_KEY))
        keys = [key for key in BODY_KEYS if key in given]
        if len(keys) != 1:
            raise node.fail(f"a body needs exactly one of {', '.join(BODY_KEYS)}")
        if keys[0] == "same":
            return self._body_named(given["same"])
        body = _READERS[keys[0]](given[keys[0]])
        if NAME_KEY in given:
            self._named[str(given[NAME_KEY].value)] = body
        return body

    def _body_named(self, node: Node) -> bytes:
        try:
            return self._named[str(node.value)]
        except KeyError:
            raise node.fail(
                f"there is no body named {node.value} before this line: the file is incomplete"
            ) from None


def json_line(value: Any) -> str:
    """A JSON value on one line, which YAML can read."""
    return _escaped(render(value).decode())


def json_block(value: Any, indent: str) -> str:
    """A JSON value as the lines of a YAML text block. Each line begins with `indent` and two more spaces.

    The length of `indent` must be even.
    """
    try:
        return _escaped(_indented(value, len(indent) // 2 + 1))
    except orjson.JSONEncodeError:
        return f"{indent}  {_escaped(render(value).decode())}\n"


def parse_json_block(node: Node) -> Any:
    """The JSON value in a YAML text block. Raises InvalidInputError."""
    if not isinstance(node.value, str):
        raise node.fail("a block of JSON text is expected here: begin it with |")
    try:
        return parse(node.value.encode("utf-8", "surrogatepass"))
    except MalformedJsonError as error:
        raise node.fail(f"this is not JSON: {error}") from None


def _indented(value: Any, depth: int) -> str:
    """The lines of a JSON value, each with 2 spaces for each level of `depth`; ends with a line break."""
    # Each list around a value makes orjson indent the value by one more level. So the value is put into
    # `depth` lists. The slice removes the brackets of these lists.
    for _ in range(depth):
        value = [value]
    bracket_length = depth * (depth + 1)
    indented = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    return str(memoryview(indented)[bracket_length : 1 - bracket_length], "utf-8")


def _long_form(body: bytes, indent: str) -> tuple[str, ...]:
    value = _json(body)
    return (f"{_short_form(body)}\n",) if value is None else ("json-text: |\n", json_block(value, indent))


def _short_form(body: bytes) -> str:
    value = _json(body)
    if value is not None:
        return f"json: {json_line(value)}"
    try:
        return f"text: {json_line(body.decode())}"
    except UnicodeDecodeError:
        return f"base64: {json_line(b64encode(body).decode())}"


def _json(body: bytes) -> Any:
    """The JSON object or list in the body. None for all other bodies, even if they are JSON."""
    try:
        value = parse_shared(body)
    except MalformedJsonError:
        return None
    return value if isinstance(value, dict | list) else None


def _escaped(text: str) -> str:
    if text.isascii() and "\x7f" not in text:
        return text
    return _UNREADABLE_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _read_json(node: Node) -> bytes:
    return render(node.plain())


def _read_json_text(node: Node) -> bytes:
    return render(parse_json_block(node))


def _read_text(node: Node) -> bytes:
    if not isinstance(node.value, str):
        raise node.fail("text in quotes is expected here")
    return node.value.encode("utf-8", "surrogatepass")


def _read_base64(node: Node) -> bytes:
    try:
        return b64decode(str(node.value).encode("ascii"), validate=True)
    except (Base64Error, ValueError) as error:
        raise node.fail(f"this is not base64: {error}") from None


_READERS = {"json": _read_json, "json-text": _read_json_text, "text": _read_text, "base64": _read_base64}
