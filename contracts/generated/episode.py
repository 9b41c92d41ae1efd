"""An episode: a few random requests to the target, whose answers are compared with a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workerkit.contracts.generated.exploration import Exploration
from workerkit.contracts.generated.model import OTHER, OWN, CannotModelError, Model
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import LINK_FIELDS, Task, tasks_in, total_in
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import bulk_results_of, link_id_of
from workerkit.openapi.languages.phrase import error_text, phrase
from workerkit.openapi.spec.api import worker_api

_REFUSED = (400, 409)
_LINK = "https://example.com/workerkit/{}"
# The server may change these fields by itself, or list them in another form.
_NOT_COMPARED = frozenset({"started_at", "retry_count", "max_retries", "details"})


class Episode:
    """An episode lists all tasks, sends the requests of its steps, and lists all tasks again.

    Each answer must agree with the model. The model uses the code of the mock. It has the same tasks and the
    same dialect as the target. If an answer differs, the episode is over and the difference is a finding. The
    first finding of a new cause raises MismatchError.
    The target may accept or refuse a transition against the status flow. The model follows the target.

    is_over: True after a difference, and after an answer that does not show what the target did.
    task_ids: the tasks that the steps may change.
    foreign_ids: the id of at most one task that belongs to the other API key. The target must refuse to
        change this task.
    service_types: the service types of the tasks that belong to the run's API key.
    """

    def __init__(self, exploration: Exploration) -> None:
        self.is_over = False
        self._exploration = exploration
        self._writes: list[Exchange] = []
        self._rule_of_last_write: dict[str, str] = {}
        self._tasks_with_unknown_links: set[str] = set()
        own = exploration.all_tasks(None)
        other = [] if exploration.other_key is None else exploration.all_tasks(exploration.other_key)
        self._tasks_at_start = {str(task.get("id")): task for task in (*own, *other)}
        self._own_at_start = own
        self._last_list: tuple[dict[str, str | int], Exchange] | None = None
        if exploration.dialect["listing"] == "hands-out" and exploration.order is None:
            exploration.give_up(
                phrase("lists change the tasks of this server, and the order of a list is not known")
            )
        try:
            self._model = Model(exploration.dialect, own, other)
        except CannotModelError as error:
            exploration.give_up(error_text(error))
        for server in (OWN, OTHER):
            self._model.list_all(server)
        self.task_ids = exploration.changeable_task_ids(own)
        self.foreign_ids = exploration.foreign_task_ids(other)
        self.service_types = sorted({task["service_type"] for task in own if _has_service_type(task)})

    # Steps that write

    def update(self, task_index: int, status: str | None, *, links: bool) -> None:
        """PUT /tasks/:id for one of the tasks."""
        if self._has_unknown_result(status):
            return
        task_id = self._task_id(task_index)
        body = self._update_body(status, links=links)
        if task_id and body:
            must_accept = self._must_accept(task_id, body)
            exchange = self._send("PUT", f"/tasks/{task_id}", body)
            self._check_update("update", exchange, task_id, body, must_accept=must_accept)

    def advance(self, task_index: int, step_index: int) -> None:
        """PUT /tasks/:id with a next status of the status flow."""
        task_id = self._task_id(task_index)
        next_statuses = sorted(self._model.flow[self._model.task(task_id)["status"]]) if task_id else []
        if next_statuses:
            status = next_statuses[step_index % len(next_statuses)]
            self.update(task_index, status, links=step_index % 2 == 0)

    def send_link_callback(self, task_index: int, status: str | None, *, links: bool) -> None:
        """POST /callback/link/update for one of the tasks."""
        task_id = self._task_id(task_index)
        body = self._update_body(status, links=links)
        if task_id and body and status != "failed" and not self._has_unknown_result(status):
            must_accept = self._must_accept(task_id, body)
            exchange = self._send("POST", "/callback/link/update", {"link_id": task_id, **body})
            self._check_update("link-update", exchange, task_id, body, must_accept=must_accept)

    def complete(self, task_index: int) -> None:
        """POST /callback/link/complete for one of the tasks."""
        task_id = self._task_id(task_index)
        if task_id:
            links = self._update_body(None, links=True)
            body = {**links, "status": "completed"}
            must_accept = self._must_accept(task_id, body)
            exchange = self._send("POST", "/callback/link/complete", {"link_id": task_id, **links})
            self._check_update("link-complete", exchange, task_id, body, must_accept=must_accept)

    def update_in_bulk(self, changes: Sequence[tuple[int, str]], *, with_refused: bool) -> None:
        """PUT /tasks/bulk with at most one item for each task.

        changes: pairs of task index and new status.
        with_refused: True adds an item for an unknown id and an item for a foreign task.
        """
        if any(self._has_unknown_result(status) for _, status in changes):
            return
        bodies: dict[str, dict[str, str]] = {}
        for task_index, status in changes:
            task_id = self._task_id(task_index)
            if task_id:
                bodies.setdefault(task_id, self._update_body(status, links=False))
        must_accept = {task_id: self._must_accept(task_id, body) for task_id, body in bodies.items()}
        refused = [self._exploration.new_fake_id(), *self.foreign_ids] if with_refused else []
        items = [{"link_id": task_id, **body} for task_id, body in bodies.items()]
        items += [{"link_id": task_id, "status": self._other_status(task_id)} for task_id in refused]
        if items:
            exchange = self._send("PUT", "/tasks/bulk", {"items": items})
            self._check_bulk_update(exchange, bodies, must_accept, refused)

    def send_unknown_status(self, task_index: int) -> None:
        """PUT /tasks/:id with an unknown status. The target must answer 400 and change nothing."""
        task_id = self._task_id(task_index)
        if task_id:
            exchange = self._send(
                "PUT", f"/tasks/{task_id}", {"status": "nonsense", "link_post": _LINK.format(0)}
            )
            self._record("update-status", _status_flaw(exchange, 400), exchange)

    def update_foreign_task(self) -> None:
        """PUT /tasks/:id for a task of the other API key. The target must answer 403 and change nothing."""
        for task_id in self.foreign_ids:
            exchange = self._send("PUT", f"/tasks/{task_id}", {"status": self._other_status(task_id)})
            self._record("update-own-only", _status_flaw(exchange, 403), exchange)

    # Steps that list

    def list_page(self, statuses: Sequence[str], limit: int, page: int, service_index: int | None) -> None:
        """GET /tasks with a page number."""
        limit = min(limit, self._exploration.highest_limit)
        query: dict[str, str | int] = {"status": ",".join(statuses), "limit": limit, "page": page}
        if service_index is not None and self.service_types:
            query["service_type"] = self.service_types[service_index % len(self.service_types)]
        self._list(query)

    def list_by_default(self) -> None:
        """GET /tasks without parameters."""
        self._list({})

    def list_next_page(self) -> None:
        """GET /tasks with `after`: the id of the last task of the last list.

        Sends nothing if the status filter of the list no longer includes this task.
        """
        if self._last_list is None or not tasks_in(self._last_list[1]):
            return
        query, exchange = self._last_list
        last_id = str(tasks_in(exchange)[-1]["id"])
        if last_id in self._tasks_at_start and self._model.task(last_id)["status"] in _listed_statuses(query):
            without_page = {name: value for name, value in query.items() if name != "page"}
            self._list({**without_page, "after": last_id})

    def finish(self) -> None:
        """Lists all tasks of both servers. They must be the tasks of the model."""
        if self.is_over:
            return
        self._check_all_tasks(OWN, self._exploration.all_tasks(None))
        if self._exploration.other_key is not None and not self.is_over:
            self._check_all_tasks(OTHER, self._exploration.all_tasks(self._exploration.other_key))

    # Checks of writes

    def _check_update(
        self, rule: str, exchange: Exchange, task_id: str, body: Mapping[str, str], *, must_accept: bool
    ) -> None:
        if exchange.accepted:
            self._apply(rule, task_id, body)
        is_wrong = not exchange.accepted and (must_accept or exchange.status not in _REFUSED)
        self._record(
            rule,
            phrase("answered {status}, expected 2xx", status=exchange.status) if is_wrong else None,
            exchange,
        )

    def _check_bulk_update(
        self,
        exchange: Exchange,
        bodies: Mapping[str, Mapping[str, str]],
        must_accept: Mapping[str, bool],
        refused: Sequence[str],
    ) -> None:
        if not exchange.accepted:
            is_wrong = all(must_accept.values()) or exchange.status not in _REFUSED
            self._record(
                "bulk",
                phrase("answered {status}, expected 2xx", status=exchange.status) if is_wrong else None,
                exchange,
            )
            return
        successes = _successes(exchange)
        if set(successes) != {*bodies, *refused}:
            # The answer does not show which items were applied. The checks in `relations` report this answer.
            self.is_over = True
            return
        for task_id, body in bodies.items():
            if successes[task_id]:
                self._apply("bulk-results", task_id, body)
        wrong = [task_id for task_id, must in must_accept.items() if must and not successes[task_id]]
        wrong += [task_id for task_id in refused if successes[task_id]]
        rule = "bulk-foreign" if wrong and wrong[0] in self.foreign_ids else "bulk-results"
        flaw = _item_flaw(wrong[0], success=successes[wrong[0]]) if wrong else None
        self._record(rule, flaw, exchange)

    def _apply(self, rule: str, task_id: str, body: Mapping[str, str]) -> None:
        if body.get("status") == "pending":
            # The API page does not say whether a task keeps its links when it goes back to pending.
            self._tasks_with_unknown_links.add(task_id)
        if not set(LINK_FIELDS).isdisjoint(body):
            self._tasks_with_unknown_links.discard(task_id)
        self._model.update(task_id, body)
        self._rule_of_last_write[task_id] = rule

    def _must_accept(self, task_id: str, body: Mapping[str, str]) -> bool:
        """True if every correct server accepts the update.

        Such an update follows the status flow, or only adds links to a task that has not ended.
        An update to failed is only accepted if the task has retries left.
        """
        status = self._model.task(task_id)["status"]
        if "status" not in body:
            return status not in worker_api().statuses_in("ended")
        if status == "failed" and not self._model.has_retries(task_id):
            return False
        return body["status"] in self._model.flow[status]

    def _has_unknown_result(self, status: str | None) -> bool:
        # Unless the silence `retry` is known to be `manual`, the target may set a failed task back to pending
        # at any time.
        # Unless `listing` is known, a list may change a pending task to queued.
        known_value = self._exploration.known_value
        return (status == "failed" and known_value("retry") != "manual") or (
            status == "pending" and known_value("listing") is None
        )

    def _update_body(self, status: str | None, *, links: bool) -> dict[str, str]:
        link_values = (
            {name: _LINK.format(self._exploration.next_number()) for name in LINK_FIELDS} if links else {}
        )
        return {**({"status": status} if status else {}), **link_values}

    def _other_status(self, task_id: str) -> str:
        """A status that this task does not have. If no task has the id: `running`."""
        status = self._tasks_at_start.get(task_id, {}).get("status")
        return "running" if status != "running" else "completed"

    def _task_id(self, task_index: int) -> str | None:
        return self.task_ids[task_index % len(self.task_ids)] if self.task_ids and not self.is_over else None

    # Checks of lists

    def _list(self, query: dict[str, str | int]) -> None:
        if self.is_over:
            return
        before = [] if self._last_list is None else [self._last_list[1]]
        exchange = self._exploration.get_tasks(query)
        expected = self._model.expected_page(query)
        self._last_list = (query, exchange)
        if exchange.accepted and ParsedExchange(exchange).answer_flaw is not None:
            self.is_over = True
            return
        rule, flaw = self._page_flaw(exchange, expected, query)
        self._record(rule, flaw, *(before if "after" in query else ()), exchange)

    def _page_flaw(
        self, exchange: Exchange, expected: Mapping[str, Any], query: Mapping[str, str | int]
    ) -> tuple[str, str | None]:
        if exchange.status == 404 and not expected["data"]:
            # A server may answer 404 for a page after the last page.
            return "list-page", None
        if not exchange.accepted:
            return "list", phrase("answered {status}, expected 2xx", status=exchange.status)
        for task in tasks_in(exchange):
            rule_and_flaw = self._task_flaw(task)
            if rule_and_flaw is not None:
                return rule_and_flaw
        by_cursor = "after" in query
        if not by_cursor and total_in(exchange) != expected["total"]:
            return "list-total", phrase(
                "total is {total_in}, expected {total}", total_in=total_in(exchange), total=expected["total"]
            )
        ids, expected_ids = (
            [task["id"] for task in tasks] for tasks in (tasks_in(exchange), expected["data"])
        )
        # If the order of the target is unknown, a page may have other tasks than the page of the model.
        same = ids == expected_ids if self._exploration.order else by_cursor or len(ids) == len(expected_ids)
        rule = "list-after" if by_cursor else "list-page"
        return rule, None if same else _order_flaw(ids, expected_ids)

    def _task_flaw(self, task: Task) -> tuple[str, str] | None:
        """Returns the rule that a listed task breaks, and the flaw. Returns None if there is no flaw.

        For a task with an accepted write in this episode, a wrong status breaks the rule of the last write,
        and a wrong link breaks the rule `update-links`. All other flaws break the rule `list`.
        """
        task_id = str(task["id"])
        before = self._tasks_at_start.get(task_id)
        if before is None:
            return "list", phrase("task {task_id} is new in the list", task_id=task_id)
        expected = self._model.task(task_id)
        rule = self._rule_of_last_write.get(task_id, "list")
        is_handed_out = task.get("status") == "pending" and self._model.may_be_pending(task_id)
        if task.get("status") != expected["status"] and not is_handed_out:
            return (
                rule,
                phrase(
                    "the list shows task {task_id} as {status}, expected {expected}",
                    task_id=task_id,
                    status=task.get("status"),
                    expected=expected["status"],
                ),
            )
        links = () if task_id in self._tasks_with_unknown_links else LINK_FIELDS
        wrong_links = [link for link in links if (task.get(link) or "") != (expected[link] or "")]
        if wrong_links:
            link_rule = "update-links" if task_id in self._rule_of_last_write else "list"
            return link_rule, phrase(
                "the list shows task {task_id} with a wrong {wrong_links}",
                task_id=task_id,
                wrong_links=wrong_links[0],
            )
        constant = lenient_spec.field_names("Task") - _NOT_COMPARED - {"status", *LINK_FIELDS}
        changed = sorted(name for name in constant if task.get(name) != before.get(name))
        return (
            (
                "list",
                phrase("the {changed} of task {task_id} has changed", changed=changed[0], task_id=task_id),
            )
            if changed
            else None
        )

    def _check_all_tasks(self, server: str, tasks: list[Task]) -> None:
        self._model.list_all(server)
        expected_ids = self._model.task_ids(server)
        ids = [str(task.get("id")) for task in tasks]
        rule = "list"
        flaw: str | None = None
        if len(set(ids)) < len(ids):
            flaw = phrase("the list has a task twice")
        elif set(ids) != expected_ids:
            flaw = phrase(
                "task {task} was added or removed, but no request did this", task=min(set(ids) ^ expected_ids)
            )
        for task in tasks if flaw is None else ():
            rule, flaw = self._task_flaw(task) or (rule, None)
            if flaw is not None:
                break
        self._record(rule, flaw, self._exploration.last_exchange)

    # Requests and results

    def _send(self, method: str, path: str, body: Any) -> Exchange:
        exchange = self._exploration.send(method, path, body)
        self._writes.append(exchange)
        return exchange

    def _record(self, rule: str, flaw: str | None, *exchanges: Exchange) -> None:
        if flaw is None:
            self._exploration.mark_kept(rule)
            return
        self.is_over = True
        if not self._was_changed_by_others():
            self._exploration.record_mismatch(rule, flaw, dict.fromkeys((*self._writes, *exchanges)))

    def _was_changed_by_others(self) -> bool:
        """True if a task changed without a write of this episode, and the run is not alone on the target."""
        # `all_tasks` compares the lists of two calls without a write between them. So it is called twice.
        self._exploration.all_tasks(None)
        now = {str(task.get("id")): task for task in self._exploration.all_tasks(None)}
        unwritten = [task for task in self._own_at_start if task["id"] not in self._rule_of_last_write]
        same = all(_is_same(now.get(str(task["id"]), {}), task) for task in unwritten)
        return not self._exploration.is_alone and not (same and len(now) == len(self._own_at_start))


def _successes(exchange: Exchange) -> dict[str, bool]:
    """The `success` of each item of a bulk answer, by task id. Empty if the answer has the wrong form."""
    if ParsedExchange(exchange).answer_flaw is not None:
        return {}
    return {
        str(link_id_of(result)): bool(result["success"]) for result in bulk_results_of(exchange.answer_json())
    }


def _has_service_type(task: Task) -> bool:
    return isinstance(task.get("service_type"), str) and task["service_type"] != ""


def _item_flaw(task_id: str, *, success: bool) -> str:
    actual, expected = ("accepted", "refused") if success else ("refused", "accepted")
    return phrase(
        "the item of task {task_id} was {actual}, expected: {expected}",
        task_id=task_id,
        actual=actual,
        expected=expected,
    )


def _is_same(now: Task, before: Task) -> bool:
    return all(now.get(name) == before.get(name) for name in ("status", *LINK_FIELDS))


def _order_flaw(ids: list[str], expected_ids: list[str]) -> str:
    for place, (task_id, expected_id) in enumerate(zip(ids, expected_ids, strict=False)):
        if task_id != expected_id:
            return phrase(
                "task {task_id} is at place {place}, expected {expected_id}",
                task_id=task_id,
                place=place,
                expected_id=expected_id,
            )
    return phrase(
        "the list has {ids_count} tasks, expected {expected_ids_count}",
        ids_count=len(ids),
        expected_ids_count=len(expected_ids),
    )


def _status_flaw(exchange: Exchange, expected: int) -> str | None:
    return (
        None
        if exchange.status == expected
        else phrase("answered {status}, expected {expected}", status=exchange.status, expected=expected)
    )


def _listed_statuses(query: Mapping[str, str | int]) -> Sequence[str]:
    """The statuses of the tasks that a list with this query has."""
    return str(query["status"]).split(",") if "status" in query else lenient_spec.waiting_statuses()
