"""One simulated tool server: a careful worker that sends its requests through a gate."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workerkit.contracts.fleet.task_ledger import COMPLETED, FAILED, RUNNING, TaskLedger
from workerkit.contracts.gate.client import Client
from workerkit.contracts.gate.way_trouble import LeftOutError
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.page.heartbeat_body import heartbeat_body
from workerkit.contracts.relations.listed_tasks import Task, next_status, usable_tasks_in
from workerkit.contracts.target.plan import Writes
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import bulk_results_of, link_id_of, next_cursor_of, server_identity

_UNAUTHORIZED = 401
_REFUSED_TASK = (400, 403, 404)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class WorkStyle:
    """How a simulated server works.

    heartbeat: the time between heartbeats, in seconds. A heartbeat is sent at the next round after it.
    tasks_at_once: how many tasks a round takes.
    page_size: the `limit` of the pages when all tasks are read.
    """

    heartbeat: float = 30.0
    tasks_at_once: int = 4
    page_size: int = 100


class SimulatedServer:
    """A careful worker. It works in rounds: heartbeat, list, start, results, logs.

    A task that a round has begun is finished in this round, or in a later one if an answer does not come. A
    result is sent again only if the task is still running. After a 401 the server pauses, longer each time.

    client: sends the requests.
    writes: which requests the gate lets pass. With `none`, a round only reads a page.
    sandbox: the ids of the tasks that may be changed, in lower case. None means all tasks.
    steady: returns a time in seconds that never goes back.
    pause: sleeps for a number of seconds.

    ledger: what this server knows about its tasks.
    completions, logs, unsure: as in WorldCounts.
    """

    def __init__(
        self,
        client: Client,
        writes: Writes,
        sandbox: frozenset[str] | None,
        style: WorkStyle,
        *,
        steady: Callable[[], float],
        pause: Callable[[float], None],
    ) -> None:
        self.ledger = TaskLedger()
        self.completions = self.logs = self.unsure = 0
        self._client = client
        self._writes = writes
        self._sandbox = sandbox
        self._style = style
        self._steady = steady
        self._pause = pause
        self._name: str | None = None
        self._next_heartbeat = 0.0
        self._next_pause = _FIRST_PAUSE
        self._cursor = ""
        self._unclear = set[str]()
        self._log_entries: list[dict[str, str]] = []

    def begin(self) -> None:
        """Reads the waiting tasks page by page."""
        for page in self._pages(lenient_spec.waiting_statuses()):
            self.ledger.note_waiting(page or ())

    def do_round(self) -> None:
        """Does the work of one round. Raises RunEndedError if the run has ended."""
        if self._writes is Writes.NONE:
            self._read_next_page()
            return
        self._send_heartbeat()
        self._settle_unconfirmed()
        started = self._start(self._unclear_tasks() + self._next_tasks())
        self._report(started)
        self._send_logs()

    def end(self) -> bool:
        """Reads all tasks, and compares them with what was confirmed. False if they cannot be read."""
        pages = list(self._pages(lenient_spec.enum_values("TaskStatus")))
        if None in pages:
            return False
        self.ledger.compare([task for page in pages for task in page or ()])
        return True

    # Reading

    def _pages(self, statuses: Sequence[str]) -> Iterator[list[Task] | None]:
        """The pages of the list, by the cursor of each page. The last one is None if it cannot be read."""
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = self._page(statuses, self._style.page_size, cursor)
            if page is None:
                yield None
                return
            tasks = usable_tasks_in(page)
            yield tasks
            cursor = str(next_cursor_of(page.answer_json()) or "")
            if not tasks or not cursor:
                return

    def _page(self, statuses: Sequence[str], limit: int, cursor: str = "") -> Exchange | None:
        after = {"after": cursor} if cursor else {}
        query: dict[str, str | int] = {"status": ",".join(statuses), "limit": limit, **after}
        page = self._confirmed(lambda: self._client.get_tasks_with(query))
        if page is not None:
            self._name = self._name or server_identity(page).get("server_name")
        return page

    def _read_next_page(self) -> None:
        page = self._page(lenient_spec.waiting_statuses(), self._style.page_size, self._cursor)
        tasks = [] if page is None else usable_tasks_in(page)
        self.ledger.note_waiting(tasks)
        has_more = page is not None and len(tasks) == self._style.page_size
        self._cursor = str(next_cursor_of(page.answer_json()) or "") if page is not None and has_more else ""

    def _next_tasks(self) -> list[Task]:
        """The next tasks to work on. The list also has tasks that are left alone, so it is longer."""
        left_alone = len(self.ledger.dropped) + len(self.ledger.unconfirmed)
        limit = self._style.tasks_at_once + left_alone
        if self._sandbox is not None or limit > lenient_spec.parameter_maximum("limit"):
            limit = lenient_spec.parameter_maximum("limit")
        page = self._page(lenient_spec.waiting_statuses(), limit)
        tasks = [] if page is None else usable_tasks_in(page)
        self.ledger.note_waiting(tasks)
        free = [task for task in tasks if self._may_change(task) and self.ledger.is_free(task)]
        return free[: self._style.tasks_at_once]

    def _unclear_tasks(self) -> list[Task]:
        """The tasks that are running, because the answer to their start was lost."""
        if not self._unclear:
            return []
        page = self._page((RUNNING,), lenient_spec.parameter_maximum("limit"))
        tasks = [] if page is None else usable_tasks_in(page)
        found = [task for task in tasks if task["id"] in self._unclear]
        self._unclear.clear()
        return found

    def _may_change(self, task: Task) -> bool:
        return self._sandbox is None or task["id"].lower() in self._sandbox

    # Changing

    def _start(self, tasks: list[Task]) -> list[Task]:
        """Sets tasks to running, by all steps of the flow. Returns those that the API has set to running."""
        current = {task["id"]: task["status"] for task in tasks}
        while open_ids := [task_id for task_id, status in current.items() if status != RUNNING]:
            status = next_status(current[open_ids[0]])
            ids = [task_id for task_id in open_ids if next_status(current[task_id]) == status]
            confirmed = self._send_bulk([{"link_id": task_id, "status": status} for task_id in ids])
            for task_id in ids:
                if task_id in confirmed:
                    current[task_id] = status
                else:
                    del current[task_id]
                    self._unclear.add(task_id)
        return [task for task in tasks if task["id"] in current]

    def _report(self, tasks: list[Task]) -> None:
        """Sends the results: the first by an update, the second by a callback, the others in bulk."""
        results = {task["id"]: _result(task) for task in tasks}
        for task_id, result in results.items():
            self.ledger.note_sent(task_id, result)
        singles = list(results)[:2]
        for task_id, send in zip(singles, (self._send_update, self._send_completion), strict=False):
            send(task_id, results[task_id])
        self._send_bulk(
            [{"link_id": task_id, **result} for task_id, result in results.items() if task_id not in singles]
        )
        for task_id in results.keys() & self.ledger.reported.keys():
            self._log(task_id, results[task_id])

    def _settle_unconfirmed(self) -> None:
        """Sends results again whose tasks still run. For the other tasks, only the answer was lost."""
        if not self.ledger.unconfirmed:
            return
        page = self._page((RUNNING,), lenient_spec.parameter_maximum("limit"))
        if page is None:
            return
        running = {task["id"] for task in usable_tasks_in(page)}
        for task_id, result in list(self.ledger.unconfirmed.items()):
            if task_id in running:
                self._send_update(task_id, result)
            else:
                del self.ledger.unconfirmed[task_id]
                self.ledger.dropped.add(task_id)

    def _send_update(self, task_id: str, result: Mapping[str, Any]) -> None:
        answer = self._change("PUT", f"/tasks/{task_id}", result)
        self._note_answer(task_id, answer)

    def _send_completion(self, task_id: str, result: Mapping[str, Any]) -> None:
        """Completes a task by the callback. A failed task is reported by an update: the callback cannot."""
        if result["status"] != COMPLETED:
            self._send_update(task_id, result)
            return
        links = {name: value for name, value in result.items() if name != "status"}
        answer = self._change("POST", "/callback/link/complete", {"link_id": task_id, **links})
        self.completions += answer is not None and answer.accepted
        self._note_answer(task_id, answer)

    def _note_answer(self, task_id: str, answer: Exchange | None) -> None:
        if answer is not None and answer.accepted:
            self.ledger.note_confirmed(task_id)
        elif answer is not None and answer.status in _REFUSED_TASK:
            self.ledger.note_refused(task_id)

    def _send_bulk(self, items: list[dict[str, Any]]) -> set[str]:
        """Sends a bulk update. Returns the ids of the tasks that the API has changed."""
        if not items:
            return set()
        answer = self._change("PUT", "/tasks/bulk", {"items": items})
        if answer is None or not answer.accepted:
            return set()
        confirmed = set[str]()
        for result in bulk_results_of(answer.answer_json()):
            task_id = str(link_id_of(result))
            if result.get("success") is True:
                confirmed.add(task_id)
                self.ledger.note_confirmed(task_id)
            else:
                self.ledger.note_refused(task_id)
        return confirmed

    def _change(self, method: str, path: str, body: Mapping[str, Any]) -> Exchange | None:
        answer = self._answered(lambda: self._client.send(method, path, body))
        self.unsure += answer is None or answer.status is None or answer.status >= 500
        return answer

    # Heartbeats and logs. They never belong to a sandbox.

    def _send_heartbeat(self) -> None:
        if self._writes is not Writes.ALL or self._name is None or self._steady() < self._next_heartbeat:
            return
        self._next_heartbeat = self._steady() + self._style.heartbeat
        body = heartbeat_body(self._name) | {"active_tasks": len(self.ledger.unconfirmed)}
        self._change("POST", "/health", body)

    def _log(self, task_id: str, result: Mapping[str, Any]) -> None:
        level = "INFO" if result["status"] == COMPLETED else "ERROR"
        self._log_entries.append({"level": level, "message": f"Task {result['status']}: {task_id}"})

    def _send_logs(self) -> None:
        entries, self._log_entries = self._log_entries, []
        if self._writes is Writes.ALL and entries:
            answer = self._change("POST", "/logs", {"logs": entries})
            self.logs += len(entries) if answer is not None and answer.accepted else 0

    # Answers

    def _confirmed(self, send: Callable[[], Exchange]) -> Exchange | None:
        answer = self._answered(send)
        return answer if answer is not None and answer.accepted else None

    def _answered(self, send: Callable[[], Exchange]) -> Exchange | None:
        """The exchange, or None if no own answer of the server came. Pauses after a 401."""
        try:
            answer = send()
        except LeftOutError:
            return None
        if answer.status == _UNAUTHORIZED:
            self._pause(self._next_pause)
            self._next_pause = min(2 * self._next_pause, _LONGEST_PAUSE)
        else:
            self._next_pause = _FIRST_PAUSE
        return answer


def _result(task: Task) -> dict[str, Any]:
    """The result of a task: completed with links, or failed if its config has `{"simulate": "fail"}`."""
    if _is_meant_to_fail(task.get("config")):
        return {"status": FAILED, "error_message": "The site refused the post"}
    site = f"https://{task.get('site_name') or 'site.example'}"
    return {
        "status": COMPLETED,
        "link_profile": f"{site}/profile/{task.get('username') or 'user'}",
        "link_post": f"{site}/post/{task['id']}",
    }


def _is_meant_to_fail(config: Any) -> bool:
    try:
        settings = json.loads(config)
    except (TypeError, ValueError):
        return False
    return isinstance(settings, dict) and settings.get("simulate") == "fail"
