"""Tests that a seed gives the same bytes in each process, whatever the hashes of texts are."""

from __future__ import annotations

import os
import subprocess
import sys

# Prints a digest of answers, of the journal and of the snapshot of a world.
PROGRAM = """
import hashlib, json
from workerkit.mockserver.http.headers import header_set_of
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.worlds.snapshot import snapshot_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.formats.strict_json import render
worlds, bodies = Worlds(), []
director = worlds.add("default", WorldBuilder(seed=7, timer=lambda: 0.0))
app = WorkerApp(worlds)
headers = header_set_of((("x-api-key", "your-server-key"), ("content-type", "application/json")))
def ask(method, path, query="", body=b""):
    bodies.append(app.answer(Request(method, "/api/v1/worker" + path, query, headers, body, False)).body)
    return json.loads(bodies[-1])
ids = [task["id"] for task in ask("GET", "/tasks", "limit=20")["data"]]
ask("PUT", "/tasks/bulk", body=render({"items": [{"link_id": id, "status": "failed"} for id in ids]}))
ask("POST", "/callback/link/complete", body=render({"link_id": ids[0]}))
ask("GET", "/tasks", "status=failed,completed&service_type=entity")
snapshot = {name: value for name, value in snapshot_of(director).items() if name != "journal"}
print(hashlib.sha256(b"".join([*bodies, render(snapshot)])).hexdigest(), len(ids))
"""


def output_with_hash_seed(seed: int) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    words = [sys.executable, "-c", PROGRAM]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout


def test_a_seed_gives_the_same_bytes_whatever_the_hashes_of_texts_are() -> None:
    outputs = {output_with_hash_seed(seed) for seed in (1, 2)}
    assert len(outputs) == 1
    assert outputs.pop().endswith(" 20\n")
