"""A body in a capsule's file: JSON as YAML where it is short, as a block of text where it is long."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from hashlib import sha256
from typing import Any

import orjson

from workerkit.openapi.formats.strict_json import MalformedJsonError, parse, parsed, render
from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.yaml_checks import mapping

FORMS = ("json", "json-text", "text", "base64", "same")
NAME = "name"
_LONG = 2000
# What JSON leaves as it is and YAML does not read.
_UNREADABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class BodyNames:
    """Gives long bodies names, so that the same one need not be written twice."""

    def __init__(self) -> None:
        self._names: dict[bytes, str] = {}  # by their digests: a recording may be long

    def written(self, body: bytes, indent: str) -> tuple[str, ...]:
        """What follows `body:` in the file, every further line behind the indent; ends in a line's end.

        In several parts, as each copy of a long one takes its time.
        """
        if len(body) < _LONG:
            return (f" {{{_form(body)}}}\n",)
        digest = sha256(body).digest()
        if digest in self._names:
            return (f" {{same: {self._names[digest]}}}\n",)
        name = self._names[digest] = f"body-{len(self._names) + 1}"
        return (f"\n{indent}{NAME}: {name}\n{indent}", *_long_form(body, indent))


class Bodies:
    """Reads bodies, those with names first."""

    def __init__(self) -> None:
        self._named: dict[str, bytes] = {}

    def read(self, node: Node) -> bytes:
        """The body that a mapping describes. Raises NotUnderstood."""
        given = mapping(node, (*FORMS, NAME))
        forms = [form for form in FORMS if form in given]
        if len(forms) != 1:
            raise node.fail(f"say what the body is with exactly one of {', '.join(FORMS)}")
        if forms[0] == "same":
            return self._known(given["same"])
        body = _READERS[forms[0]](given[forms[0]])
        if NAME in given:
            self._named[str(given[NAME].value)] = body
        return body

    def _known(self, node: Node) -> bytes:
        try:
            return self._named[str(node.value)]
        except KeyError:
            raise node.fail(
                f"there is no body named {node.value} before this: the file is incomplete"
            ) from None


def scalar(value: Any) -> str:
    """A JSON value in one line, as YAML reads it."""
    return _escaped(render(value).decode())


def block(value: Any, indent: str) -> str:
    """A JSON value as the lines of a block of text, two columns behind the indent, whose length is even."""
    try:
        return _escaped(_indented(value, len(indent) // 2 + 1))
    except orjson.JSONEncodeError:
        return f"{indent}  {_escaped(render(value).decode())}\n"


def json_text(node: Node) -> Any:
    """The value of a JSON text in a block. Raises NotUnderstood."""
    if not isinstance(node.value, str):
        raise node.fail("JSON as a block of text is expected here: begin it with |")
    try:
        return parse(node.value.encode("utf-8", "surrogatepass"))
    except MalformedJsonError as error:
        raise node.fail(f"this is no JSON: {error}") from None


def _indented(value: Any, depth: int) -> str:
    """The lines of a value so many lists deep, without the lines of these lists; the last has its end."""
    for _ in range(depth):
        value = [value]
    around = depth * (depth + 1)
    return str(memoryview(orjson.dumps(value, option=orjson.OPT_INDENT_2))[around : 1 - around], "utf-8")


def _long_form(body: bytes, indent: str) -> tuple[str, ...]:
    value = _json(body)
    return (f"{_form(body)}\n",) if value is None else ("json-text: |\n", block(value, indent))


def _form(body: bytes) -> str:
    value = _json(body)
    if value is not None:
        return f"json: {scalar(value)}"
    try:
        return f"text: {scalar(body.decode())}"
    except UnicodeDecodeError:
        return f"base64: {scalar(b64encode(body).decode())}"


def _json(body: bytes) -> Any:
    """A body's JSON; None for what is none, and for bare words and numbers, which are kept as text."""
    try:
        value = parsed(body)
    except MalformedJsonError:
        return None
    return value if isinstance(value, dict | list) else None


def _escaped(text: str) -> str:
    if text.isascii() and "\x7f" not in text:
        return text
    return _UNREADABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _read_json(node: Node) -> bytes:
    return render(node.plain())


def _read_json_text(node: Node) -> bytes:
    return render(json_text(node))


def _read_text(node: Node) -> bytes:
    if not isinstance(node.value, str):
        raise node.fail("text in quotes is expected here")
    return node.value.encode("utf-8", "surrogatepass")


def _read_base64(node: Node) -> bytes:
    try:
        return b64decode(str(node.value).encode("ascii"), validate=True)
    except (NoBase64, ValueError) as error:
        raise node.fail(f"this is no base64: {error}") from None


_READERS = {"json": _read_json, "json-text": _read_json_text, "text": _read_text, "base64": _read_base64}
