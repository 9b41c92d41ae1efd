"""worker-api.yaml is edited and nothing else: the mock has the new API, and a conformance run passes."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

# Installs changed copies of the kit.
pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
LINKED_ROOMS = ("scenarios", "mockserver", "contracts", "cli")
WORKERKIT = (sys.executable, "-c", "from workerkit.cli.main import main; main()")
CURL = re.compile(r"Try it: +curl -H '(\S+): (\S+)' (http://\S+)/tasks")
UNKNOWN_TASK = "00000000-0000-4000-8000-000000000000"
UNKNOWN_KEY = "a-key-that-no-server-has"


@dataclass(frozen=True)
class Mock:
    """A running mock, as the curl line that it prints shows it."""

    header: str
    key: str
    base_url: str

    def send(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, header: str | None = None
    ) -> tuple[int, Any]:
        """Returns the status and the JSON of the answer. `path`: from /_mock/, or below the base path."""
        url = urlsplit(self.base_url)
        where = path if path.startswith("/_mock/") else url.path + path
        headers = {header or self.header: key or self.key}
        connection = http.client.HTTPConnection(url.netloc, timeout=300)
        connection.request(method, where, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        value = json.loads(answer.read())
        connection.close()
        return answer.status, value

    def statuses(self, requests: Iterable[tuple[str, str, Any]]) -> list[int]:
        return [self.send(*request)[0] for request in requests]


def has_the_new_key_header(mock: Mock) -> None:
    assert mock.header == "X-Worker-Key"
    assert mock.send("GET", "/tasks")[0] == 200
    assert mock.send("GET", "/tasks", header="X-API-Key")[0] == 401
    assert mock.send("GET", "/tasks", key=UNKNOWN_KEY)[0] == 401
    status, journal = mock.send("GET", "/_mock/worlds/default/journal")
    assert status == 200
    assert UNKNOWN_KEY not in json.dumps(journal)


def has_the_new_base_path(mock: Mock) -> None:
    assert urlsplit(mock.base_url).path == "/api/v2/worker"
    assert mock.send("GET", "/tasks")[0] == 200


def has_the_new_highest_limit(mock: Mock) -> None:
    requests = [("GET", f"/tasks?limit={limit}", None) for limit in (700, 701)]
    assert mock.statuses(requests) == [200, 400]


def has_the_new_batches(mock: Mock) -> None:
    items, entries = {"link_id": UNKNOWN_TASK, "status": "running"}, {"level": "INFO", "message": "done"}
    updates = [("PUT", "/tasks/bulk", {"items": [items] * count}) for count in (50, 51)]
    logs = [("POST", "/logs", {"logs": [entries] * count}) for count in (50, 51)]
    assert mock.statuses([*updates, *logs]) == [200, 400, 200, 400]


def has_the_new_log_level(mock: Mock) -> None:
    logs = [("POST", "/logs", {"logs": [{"level": level, "message": "x"}]}) for level in ("TRACE", "FATAL")]
    assert mock.statuses(logs) == [200, 400]


def has_the_new_task_status(mock: Mock) -> None:
    status, page = mock.send("GET", "/tasks?status=paused")
    assert (status, {task["status"] for task in page["data"]}) == (200, {"paused"})
    task = mock.send("GET", "/tasks?status=running")[1]["data"][0]
    assert mock.send("PUT", f"/tasks/{task['id']}", {"status": "paused"})[0] == 200
    assert mock.send("GET", "/tasks?status=paused")[1]["total"] == page["total"] + 1


@dataclass(frozen=True)
class Edit:
    """Texts of the spec with what takes their place, and a check that a mock has the edited API."""

    texts: dict[str, str]
    check: Callable[[Mock], None]


STATUSES = "enum: [pending, queued, running, completed, failed, canceled]\n      x-"
EDITS = {
    "key header": Edit({"name: X-API-Key\n": "name: X-Worker-Key\n"}, has_the_new_key_header),
    "base path": Edit({"/api/v1/worker\n": "/api/v2/worker\n"}, has_the_new_base_path),
    "limit": Edit({"maximum: 1000\n": "maximum: 700\n"}, has_the_new_highest_limit),
    "batches": Edit({"maxItems: 500\n": "maxItems: 50\n"}, has_the_new_batches),
    "log level": Edit(
        {"INFO, WARN, ERROR, DEBUG]": "INFO, WARN, ERROR, DEBUG, TRACE]"}, has_the_new_log_level
    ),
    "task status": Edit(
        {
            STATUSES: STATUSES.replace("canceled]", "canceled, paused]"),
            "running: [completed, ": "running: [paused, completed, ",
            "        canceled: []\n": "        canceled: []\n        paused: [running]\n",
            "        canceled: ended\n": "        canceled: ended\n        paused: working\n",
        },
        has_the_new_task_status,
    ),
}


@pytest.mark.parametrize("names", [*([name] for name in EDITS), list(EDITS)], ids=[*EDITS, "all together"])
def test_the_mock_and_a_conformance_run_follow_the_spec(tmp_path: Path, names: list[str]) -> None:
    copy_with([EDITS[name] for name in names], tmp_path)
    with mock_of(tmp_path) as mock:
        for name in names:
            EDITS[name].check(mock)
    # With this seed and this number, a run sends every kind of request that depends on one of the edits.
    options = ("--seed", "1", "--max-requests", "270")
    run = subprocess.run(
        (*WORKERKIT, "conform", *options), env=environment(tmp_path), capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "verdict: pass (36 kept, 0 broken" in run.stdout


def copy_with(edits: Iterable[Edit], folder: Path) -> None:
    """Makes a copy of the kit in which only the spec differs. The rooms without the spec are links."""
    package = folder / "workerkit"
    shutil.copytree(ROOT / "openapi", package / "openapi", ignore=shutil.ignore_patterns("__pycache__"))
    for room in LINKED_ROOMS:
        (package / room).symlink_to(ROOT / room, target_is_directory=True)
    for file in (ROOT / "package").glob("*.py"):
        (package / file.name).symlink_to(file)
    spec = package / "openapi" / "worker-api.yaml"
    text = spec.read_text("utf-8")
    for old, new in (pair for edit in edits for pair in edit.texts.items()):
        assert old in text, f"{old!r} is not in the spec"
        text = text.replace(old, new)
    spec.write_text(text, "utf-8")


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(folder), "PYTHONUNBUFFERED": "1"}


@contextmanager
def mock_of(folder: Path) -> Iterator[Mock]:
    """Runs `workerkit serve` of the copy in a folder."""
    command = (*WORKERKIT, "serve", "--port", "0", "--seed", "1")
    with subprocess.Popen(command, env=environment(folder), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = next(found for line in process.stdout if (found := CURL.match(line)))
            yield Mock(*found.groups())
        finally:
            process.terminate()
