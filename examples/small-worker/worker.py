"""A small worker for the LIKEPION Worker API. Each snippet of "Mend a rule" replaces some of its functions.

It is short, so that you can read it in one go. tests/examples/worker.py is a worker for all scenarios.
"""

import http.client
import json
import os
import signal
import sys
import threading
import time
from urllib.parse import urlsplit

URL = urlsplit(os.environ["LIKEPION_BASE_URL"])
API_KEY = os.environ["LIKEPION_API_KEY"]
SERVER_NAME = os.environ["LIKEPION_SERVER_NAME"]
HEARTBEAT_EVERY = float(os.environ.get("HEARTBEAT_EVERY", "5"))  # seconds
HEADERS = {"X-API-Key": API_KEY, "Content-Type": "application/json"}
OPEN = "pending,queued,running"
STOPPING = threading.Event()  # is set at SIGTERM

ended = set()  # ids of the tasks whose result was reported
dropped = set()  # ids of the tasks that the API refused
logs = []


class Refused(Exception):
    """The API refused the request, and will refuse it again."""


class Trouble(Exception):
    """There is no usable answer. The same request may succeed later."""

    def __init__(self, message, retry_after=None):
        super().__init__(message)
        self.retry_after = retry_after


class SiteError(Exception):
    """The site refused the post."""


def connect(timeout=None):
    kind = http.client.HTTPSConnection if URL.scheme == "https" else http.client.HTTPConnection
    return kind(URL.netloc, timeout=timeout)


def exchange(method, path, body):
    connection = connect(timeout=10)
    try:
        connection.request(method, URL.path + path, body, HEADERS)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def parse(text):
    try:
        answer = json.loads(text)
    except ValueError:
        raise Trouble("the answer is not JSON") from None
    if not isinstance(answer, dict):
        raise Trouble("the answer is no object")
    return answer


def send(method, path, body=None):
    """Sends a request once."""
    try:
        status, headers, text = exchange(method, path, json.dumps(body) if body else None)
    except (OSError, http.client.HTTPException) as error:
        raise Trouble(repr(error)) from None
    if status in (401, 429) or status >= 500:
        raise Trouble(f"status {status}", headers["Retry-After"])
    if status != 200:
        raise Refused(f"status {status}")
    return parse(text)


def call(method, path, body=None):
    """Sends a request until it is answered."""
    give_up_at = time.monotonic() + 600
    pause = 0.2
    while True:
        try:
            return send(method, path, body)
        except Trouble as trouble:
            if time.monotonic() > give_up_at or STOPPING.is_set():
                sys.exit(f"gave up: {trouble}")
            STOPPING.wait(float(trouble.retry_after or pause))
            pause = min(2 * pause, 30)


def read_tasks(status, limit=100):
    """Reads all pages of the list."""
    tasks, cursor = {}, ""
    while True:
        page = call("GET", f"/tasks?status={status}&limit={limit}{cursor}")
        tasks.update({task["id"]: task for task in page["data"]})
        if not page["data"] or not page["next_cursor"]:
            return list(tasks.values())
        cursor = f"&after={page['next_cursor']}"


def is_open(task):
    return task["id"] not in ended and task["id"] not in dropped


def post_at_site(task):
    """Stands for the real work. Returns the link of the new post."""
    if '"simulate": "fail"' in (task["config"] or ""):
        raise SiteError("the site was closed")
    return f"https://{task['site_name']}/post/{task['id']}"


def work(task):
    """Returns the result of a task."""
    try:
        return {"status": "completed", "link_post": post_at_site(task)}
    except SiteError as error:
        return {"status": "failed", "error_message": str(error)}


def start(task):
    if task["status"] != "running":
        call("PUT", f"/tasks/{task['id']}", {"status": "running"})


def report(task, result):
    call("PUT", f"/tasks/{task['id']}", result)


def drop(task, why):
    """Leaves a task alone from now on."""
    dropped.add(task["id"])
    log("WARNING", f"dropped {task['id']}: {why}")


def do_task(task):
    try:
        start(task)
        result = work(task)
        report(task, result)
    except Refused as refusal:
        drop(task, refusal)
    else:
        ended.add(task["id"])
        log_result(task, result)


def update_many(changes):
    """Reports many changes. Each has the `link_id` of its task."""
    for begin in range(0, len(changes), 500):
        answer = call("PUT", "/tasks/bulk", {"items": changes[begin : begin + 500]})
        for item in answer["results"]:
            if not item["success"]:
                drop({"id": item["link_id"]}, item["error"])


def do_many(tasks):
    """Does many tasks, and reports them in bulk."""
    update_many([{"link_id": task["id"], "status": "running"} for task in tasks])
    ours = [task for task in tasks if task["id"] not in dropped]
    results = {task["id"]: work(task) for task in ours}
    update_many([{"link_id": task_id, **result} for task_id, result in results.items()])
    for task in ours:
        ended.add(task["id"])
        log_result(task, results[task["id"]])


def do_tasks(tasks):
    if len(tasks) > 100:
        do_many(tasks)
        return
    for task in tasks:
        do_task(task)


def retry_failed():
    """Opens the failed tasks again that have retries left."""
    for task in read_tasks("failed"):
        if task["id"] not in dropped and task["retry_count"] < task["max_retries"]:
            call("PUT", f"/tasks/{task['id']}", {"status": "pending"})
            ended.discard(task["id"])


def log(level, message):
    """level: a level of Python's logging."""
    levels = {"WARNING": "WARN", "CRITICAL": "ERROR"}
    logs.append({"level": levels.get(level, level), "message": message})


def log_result(task, result):
    log("INFO", f"{result['status']}: {task['id']}")


def send_logs():
    while logs:
        try:
            send("POST", "/logs", {"logs": logs[:500]})
        except Refused as refusal:
            print(f"logs were refused: {refusal}", file=sys.stderr)
        except Trouble:
            return  # they are sent with the next ones
        del logs[:500]


def heartbeat():
    usage = {"cpu_usage": 12.5, "ram_usage": 40.0, "disk_usage": 30.0}
    counts = {"active_threads": 1, "active_tasks": 0}
    try:
        send("POST", "/health", {"server_name": SERVER_NAME, "ip": "127.0.0.1", **usage, **counts})
    except (Refused, Trouble) as error:
        print(f"heartbeat: {error}", file=sys.stderr)


def keep_alive():
    """Sends heartbeats until the process ends. The first one is sent before any work begins."""

    def send_others():
        while not STOPPING.wait(HEARTBEAT_EVERY):
            heartbeat()

    heartbeat()
    threading.Thread(target=send_others, daemon=True).start()


def run():
    """Does all tasks that wait."""
    while tasks := [task for task in read_tasks(OPEN) if is_open(task)]:
        do_tasks(tasks)
        retry_failed()
        send_logs()


def main():
    keep_alive()
    run()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, frame: threading.Thread(target=STOPPING.set).start())
    main()
