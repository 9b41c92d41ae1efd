"""Tests the mock in processes whose threads or clocks a library has replaced."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import freezegun
import pytest
import requests
import time_machine

from workerkit.mockserver.python_api.mock_server import MockServer

SECONDS = 120
# It ends within seconds also if the mock does not run, and shows that no test waits for ever.
PROGRAM = """
import gevent, gevent.monkey
gevent.monkey.patch_all({options})
import urllib.request
from workerkit.mockserver import MockServer
with MockServer() as mock:
    api = mock.new_world()
    request = urllib.request.Request(api.base_url + "/tasks", headers={{"X-API-Key": api.api_key}})
    print(urllib.request.urlopen(request).status)
"""


def run_under_gevent(options: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", PROGRAM.format(options=options)]
    return subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)


def test_under_gevent_the_mock_says_why_it_cannot_run() -> None:
    result = run_under_gevent("")
    assert result.returncode == 1
    last_line = result.stderr.splitlines()[-1]
    assert "NoRealThreadsError: gevent replaced the threads of this process" in last_line
    assert "gevent.monkey.patch_all(thread=False)" in last_line


def test_under_gevent_with_real_threads_the_mock_runs() -> None:
    assert run_under_gevent("thread=False").stdout == "200\n"


FROZEN = pytest.mark.parametrize(
    "frozen",
    [
        partial(freezegun.freeze_time, "2025-01-01"),
        partial(time_machine.travel, "2025-01-01T00:00:00+00:00", tick=False),
    ],
    ids=["freezegun", "time-machine"],
)


@FROZEN
def test_a_time_limit_ends_also_while_the_time_of_the_test_stands_still(
    frozen: Callable[[], AbstractContextManager[object]],
) -> None:
    with MockServer() as mock, mock.new_world() as api, frozen():
        run = api.run([sys.executable, "-c", "import time; time.sleep(60)"], time_limit="200ms")
    assert run.ended_by == "time-limit"


@FROZEN
def test_a_frozen_time_does_not_stop_the_clock_of_a_world(
    frozen: Callable[[], AbstractContextManager[object]],
) -> None:
    with frozen(), MockServer() as mock, mock.new_world() as api:
        for _ in range(2):
            requests.get(f"{api.base_url}/tasks", headers={"X-API-Key": api.api_key}, timeout=SECONDS)
        first, second = api.journal
    assert first.began < second.began
