"""What a tool that generates no client made of the spec."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, STDOUT, Popen
from typing import Any

import jsonschema_rs

from benchmarks.generators.generated_client import NODE_TOOLS, Workspace
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.published import published_spec

PEER_TOOLS = NODE_TOOLS.with_name("peers")
_START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class TakenSpec:
    """What a tool made of the spec.

    tool: its name and version.
    messages: its warnings and errors.
    operations: the operations that a mock answered as the spec says, or that a converter wrote.
    """

    tool: str
    messages: Sequence[str]
    operations: frozenset[str]


Tool = Callable[[Workspace], TakenSpec]


@dataclass(frozen=True, slots=True)
class ExampleCall:
    """An operation with the request and the path of its examples in the spec.

    path: the path below the base path, with the example of its parameter.
    template: the path as the spec has it.
    body: the example of the body. None for no body.
    answer: a validator of the answer's body.
    """

    operation: str
    method: str
    path: str
    template: str
    body: Any
    answer: jsonschema_rs.Validator

    def is_answered(self, base_url: str) -> bool:
        """Sends the request to a mock. Whether the answer has the status 200 and follows the spec."""
        body = None if self.body is None else json.dumps(self.body).encode()
        headers = {"X-API-Key": "a-key", "Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(base_url + self.path, body, headers, method=self.method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status == 200 and self.answer.is_valid(json.load(answer))
        except (OSError, ValueError):  # also an answer with another status, and one that is no JSON
            return False


def example_calls() -> Iterator[ExampleCall]:
    """The examples of all operations."""
    root = published_spec(Dialect())
    for template, item in root["paths"].items():
        for method, operation in item.items():
            path = template
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    path = path.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            validator = jsonschema_rs.validator_for({**schema, "components": root["components"]})
            example = None if body is None else body["examples"]["page"]["value"]
            yield ExampleCall(operation["operationId"], method.upper(), path, template, example, validator)


def operations_of(requests: Sequence[tuple[str, str]]) -> frozenset[str]:
    """The operations of these pairs of method and path. A parameter in the path is written `:id`."""
    calls = {(call.method, call.template.replace("{id}", ":id")): call.operation for call in example_calls()}
    return frozenset(calls[request] for request in requests if request in calls)


def operations_answered(command: Sequence[str | Path], port: int, log: Path) -> frozenset[str]:
    """Starts a mock, and sends it the examples of all operations. Returns those that it answered well."""
    words = [str(word) for word in command]
    with log.open("wb") as output:
        process = Popen(words, stdin=DEVNULL, stdout=output, stderr=STDOUT, cwd=log.parent)
    try:
        _wait(port, process)
        base_url = f"http://127.0.0.1:{port}"
        return frozenset(call.operation for call in example_calls() if call.is_answered(base_url))
    finally:
        process.terminate()
        process.wait()


def _wait(port: int, process: Popen[bytes]) -> None:
    until = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
