r"""A careful worker for the LIKEPION Worker API, with nothing but the Python standard library.

    LIKEPION_BASE_URL=https://apitest.likepion.com/api/v1/worker \
    LIKEPION_API_KEY=... LIKEPION_SERVER_NAME=server-01 python worker.py

It does all tasks that wait for its server, tells the API how each one ended, and exits with 0.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

BASE_URL = os.environ["LIKEPION_BASE_URL"].rstrip("/")
API_KEY = os.environ["LIKEPION_API_KEY"]
SERVER_NAME = os.environ["LIKEPION_SERVER_NAME"]

TIMEOUT = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
GIVE_UP_AFTER = 60.0


class Refused(Exception):
    """The API will not do this, now or later: asking again would not help."""


class SiteError(Exception):
    """The site did not take the post."""


def send(method: str, path: str, body: Any = None) -> Any:
    """One request, without a second attempt. Returns the answer's JSON."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-API-Key": API_KEY, "Content-Type": "application/json"}
    request = urllib.request.Request(BASE_URL + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        return json.load(answer)


def call(method: str, path: str, body: Any = None) -> Any:
    """A request that is repeated, with longer and longer pauses, while the trouble may pass."""
    give_up_at = time.monotonic() + GIVE_UP_AFTER
    attempt = 0
    while True:
        try:
            return send(method, path, body)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 401 and error.code < 500:
                raise Refused(f"refused with {error.code}") from None
            trouble = f"status {error.code}"
        except (OSError, http.client.HTTPException, ValueError) as error:
            trouble = repr(error)
        if time.monotonic() > give_up_at:
            sys.exit(f"gave up: {method} {path}: {trouble}")
        pause(attempt)
        attempt += 1


def pause(attempt: int) -> None:
    """Waits 0.2 s, 0.4 s, 0.8 s and so on; the chance in it keeps many workers from coming all at once."""
    longest = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)
    time.sleep(random.uniform(longest / 2, longest))


def do_at_site(task: dict[str, Any]) -> dict[str, str]:
    """The work itself, which is only pretended here. Returns the links made; raises SiteError."""
    if is_meant_to_fail(task["config"]):
        raise SiteError("The site refused the post")
    site = f"https://{task['site_name']}"
    return {"link_profile": f"{site}/profile/{task['username']}", "link_post": f"{site}/post/{task['id']}"}


def is_meant_to_fail(config: str) -> bool:
    """Whether a test asks for a failure at the site, with the config `{"simulate": "fail"}`."""
    try:
        settings = json.loads(config)
    except ValueError:
        return False
    return isinstance(settings, dict) and settings.get("simulate") == "fail"


def do(task: dict[str, Any]) -> dict[str, str]:
    """Does one task and reports how it ended. Returns the log entry about it."""
    path = f"/tasks/{quote(task['id'], safe='')}"
    call("PUT", path, {"status": "running"})
    try:
        links = do_at_site(task)
    except SiteError as error:
        call("PUT", path, {"status": "failed", "error_message": str(error)})
        return {"level": "ERROR", "message": f"Task failed: {task['id']}: {error}"}
    call("PUT", path, {"status": "completed", **links})
    return {"level": "INFO", "message": f"Task completed: {task['id']}"}


def waiting_tasks(left_alone: set[str]) -> list[dict[str, Any]]:
    """The next tasks that wait, each once, without those that were left alone.

    The list shrinks while we work, because tasks that are done wait no longer. So this begins with the first
    page each time, and goes on to the next one only past tasks that were left alone.
    """
    after = ""
    while True:
        page = call("GET", f"/tasks?limit=100{after}")
        tasks = {task["id"]: task for task in page["data"] if task["id"] not in left_alone}
        if tasks or not page["next_cursor"]:
            return list(tasks.values())
        after = f"&after={quote(page['next_cursor'], safe='')}"


def heartbeat(active_tasks: int) -> None:
    """Tells the API that this server works; put in what your machine measures."""
    usage = {"cpu_usage": 0.0, "ram_usage": 0.0, "disk_usage": 0.0}
    counts = {"active_threads": 1, "active_tasks": active_tasks}
    call("POST", "/health", {"server_name": SERVER_NAME, "ip": "127.0.0.1", **usage, **counts})


def main() -> None:
    """Works until nothing waits any more."""
    left_alone: set[str] = set()
    heartbeat(active_tasks=0)
    while tasks := waiting_tasks(left_alone):
        heartbeat(active_tasks=len(tasks))
        logs = []
        for task in tasks:
            try:
                logs.append(do(task))
            except Refused as error:
                # Not ours any more (403) or gone (404): the others go on.
                left_alone.add(task["id"])
                logs.append({"level": "WARN", "message": f"Task left alone: {task['id']}: {error}"})
        with contextlib.suppress(Refused):
            call("POST", "/logs", {"logs": logs})
    heartbeat(active_tasks=0)


if __name__ == "__main__":
    main()
