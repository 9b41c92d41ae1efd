"""Clients in TypeScript, generated from what `workerkit spec` writes. `make bench` tries more generators."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.generators.expected_calls import ERRORS, OPERATIONS, Calls, new_caller
from benchmarks.generators.generated_client import Generator, MissingToolError, Workspace
from benchmarks.generators.specs import write_published_spec
from benchmarks.generators.typescript.hey_api import hey_api
from benchmarks.generators.typescript.openapi_fetch import openapi_fetch
from benchmarks.generators.typescript.orval import orval
from tests.sampling import sampled
from workerkit.mockserver import MockServer


@pytest.mark.parametrize("generator", sampled([openapi_fetch, orval, hey_api], every=3))
def test_a_generated_client_compiles_and_reads_all_answers_and_errors(
    generator: Generator, tmp_path: Path
) -> None:
    folder = tmp_path / "client"
    folder.mkdir()
    try:
        client = generator(Workspace(write_published_spec(tmp_path, "3.1"), folder))
    except MissingToolError as error:
        pytest.skip(str(error))
    assert (client.messages, client.faults) == ((), ())
    with MockServer() as mock:
        calls = new_caller(mock).run(client)
    assert calls == Calls(frozenset(OPERATIONS), frozenset(ERRORS), ())
