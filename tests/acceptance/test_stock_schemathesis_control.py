"""Stock Schemathesis, which knows nothing of the kit, over the control plane."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from workerkit.mockserver.control.control_calls import CONTROL_STREAMS
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.api import control_api

# Sends more than a thousand requests.
pytestmark = pytest.mark.long

OPENAPI = Path(__file__).parents[2] / "openapi"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "negative_data_rejection",
)
# What only an id, a name or a state that fits together is accepted for.
NEED_A_STORY = ("changeServer", "changeTask", "restoreWorld", "getRefusal")


def test_all_phases_find_no_500_and_no_answer_that_the_spec_does_not_describe(tmp_path: Path) -> None:
    worlds, report = Worlds(), tmp_path / "report.har"
    worlds.add(DEFAULT, WorldBuilder(seed=1, with_tasks=False))
    with WorldServer(worlds) as mock:
        spec = OPENAPI / "control-api.yaml"
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(spec), "--url", mock.control_url]
        phases = ["--phases", "examples,coverage,fuzzing,stateful", "--checks", ",".join(CHECKS)]
        bounds = ["--max-examples", "4", "--seed", "1", "--generation-database", "none"]
        # A stream without end has no answer that could be looked at.
        streams = [
            word for control_stream in CONTROL_STREAMS for word in ("--exclude-operation-id", control_stream)
        ]
        reports = ["--report", "har", "--report-har-path", str(report)]
        done = subprocess.run(
            [*command, *phases, *bounds, *streams, *reports, "--continue-on-failure", "--no-color"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert _answered_well(report) >= set(control_api().operations) - {*CONTROL_STREAMS, *NEED_A_STORY}


def _answered_well(report: Path) -> set[str]:
    """The operations that were answered with 2xx at least once."""
    entries: list[dict[str, Any]] = json.loads(report.read_text())["log"]["entries"]
    api = control_api()
    return {
        api.match(entry["request"]["method"], urlsplit(entry["request"]["url"]).path).operation.id
        for entry in entries
        if 200 <= entry["response"]["status"] < 300
    }
