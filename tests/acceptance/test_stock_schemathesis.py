"""Stock Schemathesis, which knows nothing of the kit, over the whole mock."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import EXAMPLE_KEY, WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.api import worker_api

SPEC = Path(__file__).parents[2] / "openapi" / "worker-api.yaml"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
    "negative_data_rejection",
    "missing_required_header",
)


@pytest.mark.long
def test_all_phases_find_no_500_and_no_answer_that_the_spec_does_not_describe(tmp_path: Path) -> None:
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=1)).world
    with WorldServer(worlds) as mock:
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(SPEC), "--url", mock.base_url]
        phases = ["--phases", "examples,coverage,fuzzing,stateful", "--checks", ",".join(CHECKS)]
        bounds = ["--max-examples", "12", "--seed", "1", "--generation-database", "none"]
        header = ["--header", f"X-API-Key: {EXAMPLE_KEY}"]
        done = subprocess.run(
            [*command, *phases, *bounds, *header, "--continue-on-failure", "--no-color"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    statuses = Counter(exchange.status for exchange in world.journal)
    assert not [status for status in statuses if status is None or status >= 500]
    assert {exchange.operation for exchange in world.journal} >= set(worker_api().operations)
    accepted = {exchange.operation for exchange in world.journal if exchange.accepted}
    assert accepted >= {"heartbeat", "listTasks", "updateTask", "bulkUpdateTasks", "sendLogs"}
