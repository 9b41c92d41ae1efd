"""A play: a few requests to a target, each held against the model that began with the same tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workerkit.contracts.generated.exploration import Exploration
from workerkit.contracts.generated.model import OTHER, OWN, CannotModelError, Model
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task, tasks_in, total_in
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.openapi.exchange import Exchange

_REFUSED = (400, 409)
_LINK = "https://example.com/workerkit/{}"
LINK_FIELDS = ("link_profile", "link_post")
# What a server changes by itself, or may show in a way of its own.
_OF_THE_SERVERS_OWN = frozenset({"started_at", "retry_count", "max_retries", "details"})
_WORKED_ON = frozenset({"pending", "queued", "running"})


class Episode:
    """One play, from the lists with which it begins to those with which it ends.

    Where the target's answer is not what the page and the target's own dialect make of the model, the stage
    is told, which raises Mismatch unless it looks for another; the play is over then. A step against the
    status flow may be taken or refused: the model follows the target.
    """

    def __init__(self, exploration: Exploration) -> None:
        self.over = False
        self._exploration = exploration
        self._acts: list[Exchange] = []
        self._writers: dict[str, tuple[str, Exchange]] = {}
        self._open_links: set[str] = set()
        own = exploration.whole_list(None)
        other = [] if exploration.other_key is None else exploration.whole_list(exploration.other_key)
        self._listed = {str(each.get("id")): each for each in (*own, *other)}
        self._began = own
        self._last: tuple[dict[str, str | int], Exchange] | None = None
        try:
            self._model = Model(exploration.dialect, own, other)
        except CannotModelError as error:
            exploration.give_up(str(error))
        self.cast = exploration.cast(own)
        self.foreign = exploration.foreign(other)
        self.services = sorted({str(each.get("service_type")) for each in own})

    # Writes

    def update(self, which: int, status: str | None, *, links: bool) -> None:
        """PUT /tasks/:id for one of the cast."""
        if self._spares(status):
            return
        task_id = self._task(which)
        body = self._change(task_id, status, links=links)
        if task_id and body:
            sure = self._surely_taken(task_id, body)
            exchange = self._send("PUT", f"/tasks/{task_id}", body)
            self._settle("update", exchange, task_id, body, sure=sure)

    def advance(self, which: int, step: int) -> None:
        """PUT /tasks/:id with a status that the flow has next."""
        task_id = self._task(which)
        following = sorted(self._model.flow[self._model.task(task_id)["status"]]) if task_id else []
        if following:
            self.update(which, following[step % len(following)], links=step % 2 == 0)

    def call_back(self, which: int, status: str | None, *, links: bool) -> None:
        """POST /callback/link/update for one of the cast."""
        task_id = self._task(which)
        body = self._change(task_id, status, links=links)
        if task_id and body and status != "failed":
            sure = self._surely_taken(task_id, body)
            exchange = self._send("POST", "/callback/link/update", {"link_id": task_id, **body})
            self._settle("link-update", exchange, task_id, body, sure=sure)

    def complete(self, which: int) -> None:
        """POST /callback/link/complete for one of the cast."""
        task_id = self._task(which)
        if task_id:
            body = {**self._change(task_id, None, links=True), "status": "completed"}
            sure = self._surely_taken(task_id, body)
            sent = {name: value for name, value in body.items() if name != "status"}
            exchange = self._send("POST", "/callback/link/complete", {"link_id": task_id, **sent})
            self._settle("link-complete", exchange, task_id, body, sure=sure)

    def update_many(self, changes: Sequence[tuple[int, str]], *, strangers: bool) -> None:
        """PUT /tasks/bulk for some of the cast, each once, and for an unknown and a foreign task."""
        if any(self._spares(status) for _, status in changes):
            return
        bodies: dict[str, dict[str, str]] = {}
        for which, status in changes:
            task_id = self._task(which)
            if task_id:
                bodies.setdefault(task_id, self._change(task_id, status, links=False))
        surely = {task_id: self._surely_taken(task_id, body) for task_id, body in bodies.items()}
        refused = [self._exploration.nobody(), *self.foreign] if strangers else []
        items = [{"link_id": each, **body} for each, body in bodies.items()]
        items += [{"link_id": each, "status": self._another_status(each)} for each in refused]
        if items:
            self._settle_many(self._send("PUT", "/tasks/bulk", {"items": items}), bodies, surely, refused)

    def refuse(self, which: int) -> None:
        """PUT /tasks/:id with a status that there is not: 400, and nothing changes."""
        task_id = self._task(which)
        if task_id:
            exchange = self._send("PUT", f"/tasks/{task_id}", {"status": "nonsense", "link_post": "x"})
            self._judge("update-status", _unless(exchange.status == 400, exchange, 400), exchange)

    def trespass(self) -> None:
        """PUT /tasks/:id for another server's task: 403, and nothing changes."""
        for task_id in self.foreign:
            exchange = self._send("PUT", f"/tasks/{task_id}", {"status": self._another_status(task_id)})
            self._judge("update-own-only", _unless(exchange.status == 403, exchange, 403), exchange)

    # Lists

    def list_page(self, statuses: Sequence[str], limit: int, page: int, service: int | None) -> None:
        """GET /tasks by offset."""
        query: dict[str, str | int] = {"status": ",".join(statuses), "limit": limit, "page": page}
        if service is not None and self.services:
            query["service_type"] = self.services[service % len(self.services)]
        self._list(query)

    def list_by_default(self) -> None:
        """GET /tasks without a parameter."""
        self._list({})

    def list_on(self) -> None:
        """GET /tasks after the last task of the last page, while the filter still lets that one through."""
        if self._last is None or not tasks_in(self._last[1]):
            return
        query, exchange = self._last
        last = str(tasks_in(exchange)[-1]["id"])
        statuses = str(query.get("status", "pending,queued")).split(",")
        if last in self._listed and self._model.task(last)["status"] in statuses:
            self._list({**{name: value for name, value in query.items() if name != "page"}, "after": last})

    def finish(self) -> None:
        """Lists everything: what was written is there, and nothing else has changed."""
        if self.over:
            return
        self._compare_whole(OWN, self._exploration.whole_list(None))
        if self._exploration.other_key is not None and not self.over:
            self._compare_whole(OTHER, self._exploration.whole_list(self._exploration.other_key))

    # How a write is held against the model

    def _settle(
        self, rule: str, exchange: Exchange, task_id: str, body: Mapping[str, str], *, sure: bool
    ) -> None:
        if exchange.accepted:
            self._apply(rule, exchange, task_id, body)
        refused = not exchange.accepted and (sure or exchange.status not in _REFUSED)
        self._judge(rule, f"answered {exchange.status}, expected 2xx" if refused else None, exchange)

    def _settle_many(
        self,
        exchange: Exchange,
        bodies: Mapping[str, Mapping[str, str]],
        surely: Mapping[str, bool],
        refused: Sequence[str],
    ) -> None:
        if not exchange.accepted:
            taken = all(surely.values()) or exchange.status not in _REFUSED
            self._judge("bulk", f"answered {exchange.status}, expected 2xx" if taken else None, exchange)
            return
        done = _done(exchange)
        if set(done) != {*bodies, *refused}:
            # A relation says what is wrong with it; what was done, nobody knows.
            self.over = True
            return
        for task_id, body in bodies.items():
            if done[task_id]:
                self._apply("bulk-results", exchange, task_id, body)
        wrong = [each for each, sure in surely.items() if sure and not done[each]]
        wrong += [each for each in refused if done[each]]
        flaw = _contrary(wrong[0], done=done[wrong[0]]) if wrong else None
        self._judge("bulk-results", flaw, exchange)

    def _apply(self, rule: str, exchange: Exchange, task_id: str, body: Mapping[str, str]) -> None:
        if body.get("status") == "pending":
            # Whether a task that goes back keeps its links, the page does not say.
            self._open_links.add(task_id)
        if not set(LINK_FIELDS).isdisjoint(body):
            self._open_links.discard(task_id)
        self._model.update(task_id, body)
        self._writers[task_id] = (rule, exchange)

    def _surely_taken(self, task_id: str, body: Mapping[str, str]) -> bool:
        """Whether every sound server takes the update: it follows the flow, or a task in work gets links."""
        now = self._model.task(task_id)["status"]
        if "status" not in body:
            return now in _WORKED_ON
        if now == "failed" and not self._model.has_retries(task_id):
            return False
        return body["status"] in self._model.flow[now]

    def _spares(self, status: str | None) -> bool:
        """Whether a step is left out, because what follows from it is not known of this target."""
        return status == "failed" and self._exploration.habit("retry") != "manual"

    def _change(self, task_id: str | None, status: str | None, *, links: bool) -> dict[str, str]:
        links_to = (
            {name: _LINK.format(self._exploration.next_number()) for name in LINK_FIELDS} if links else {}
        )
        return {**({"status": status} if status else {}), **links_to}

    def _another_status(self, task_id: str) -> str:
        """A status that a foreign task does not have; any, for a task that is nobody's."""
        now = self._listed.get(task_id, {}).get("status")
        return "running" if now != "running" else "completed"

    def _task(self, which: int) -> str | None:
        return self.cast[which % len(self.cast)] if self.cast and not self.over else None

    # How a list is held against the model

    def _list(self, query: dict[str, str | int]) -> None:
        if self.over:
            return
        before = [] if self._last is None else [self._last[1]]
        exchange = self._exploration.listing(query)
        due = self._model.page(query)
        self._last = (query, exchange)
        if exchange.accepted and ParsedExchange(exchange).answer_flaw is not None:
            self.over = True
            return
        rule, flaw = self._page_flaw(exchange, due, query)
        self._judge(rule, flaw, *(before if "after" in query else ()), exchange)

    def _page_flaw(
        self, exchange: Exchange, due: Mapping[str, Any], query: Mapping[str, str | int]
    ) -> tuple[str, str | None]:
        if not exchange.accepted:
            return "list", f"answered {exchange.status}, expected 2xx"
        for task in tasks_in(exchange):
            found = self._task_flaw(task)
            if found is not None:
                return found
        by_cursor = "after" in query
        if not by_cursor and total_in(exchange) != due["total"]:
            return "list-total", f"total is {total_in(exchange)}, expected {due['total']}"
        ids, due_ids = ([each["id"] for each in tasks] for tasks in (tasks_in(exchange), due["data"]))
        # Without an order that is known, one page has only so many tasks in common with the model's.
        same = ids == due_ids if self._exploration.order else by_cursor or len(ids) == len(due_ids)
        rule = "list-after" if by_cursor else "list-page"
        return rule, None if same else _difference(ids, due_ids)

    def _task_flaw(self, task: Task) -> tuple[str, str] | None:
        """What is wrong with a task as it is listed, by the rule of whoever wrote it last."""
        task_id = str(task["id"])
        before = self._listed.get(task_id)
        if before is None:
            return "list", f"task {task_id} is new in the list"
        due = self._model.task(task_id)
        rule, _ = self._writers.get(task_id, ("list", None))
        if task.get("status") != due["status"]:
            return rule, f"task {task_id} is listed as {task.get('status')}, it has to be {due['status']}"
        links = () if task_id in self._open_links else LINK_FIELDS
        lost = [link for link in links if (task.get(link) or "") != due[link]]
        if lost:
            return (
                "update-links" if task_id in self._writers else "list",
                f"task {task_id} has another {lost[0]}",
            )
        fixed = lenient_spec.fields("Task") - _OF_THE_SERVERS_OWN - {"status", *LINK_FIELDS}
        changed = sorted(each for each in fixed if task.get(each) != before.get(each))
        return ("list", f"task {task_id} has another {changed[0]} than before") if changed else None

    def _compare_whole(self, server: str, listed: list[Task]) -> None:
        due = self._model.ids(server)
        ids = [str(each.get("id")) for each in listed]
        rule, flaw = "list", None
        if len(set(ids)) < len(ids):
            flaw = "a task is listed twice"
        elif set(ids) != due:
            flaw = f"task {min(set(ids) ^ due)} came or went while nobody gave it to another server"
        for task in listed if flaw is None else ():
            rule, flaw = self._task_flaw(task) or (rule, None)
            if flaw is not None:
                break
        self._judge(rule, flaw, self._exploration.last)

    # What follows from it

    def _send(self, method: str, path: str, body: Any) -> Exchange:
        exchange = self._exploration.send(method, path, body)
        self._acts.append(exchange)
        return exchange

    def _judge(self, rule: str, flaw: str | None, *exchanges: Exchange) -> None:
        if flaw is None:
            self._exploration.hold(rule)
            return
        self.over = True
        if not self._is_disturbed():
            self._exploration.mismatch(rule, flaw, dict.fromkeys((*self._acts, *exchanges)))

    def _is_disturbed(self) -> bool:
        """Whether somebody else may have changed the tasks meanwhile: those that this play did not write."""
        self._exploration.whole_list(None)
        now = {str(each.get("id")): each for each in self._exploration.whole_list(None)}
        untouched = [each for each in self._began if each["id"] not in self._writers]
        same = all(_same(now.get(str(each["id"]), {}), each) for each in untouched)
        return not self._exploration.is_alone and not (same and len(now) == len(self._began))


def _done(exchange: Exchange) -> dict[str, bool]:
    """Which items of a bulk update were done, by their tasks; none where the form is wrong."""
    if ParsedExchange(exchange).answer_flaw is not None:
        return {}
    return {str(result.get("link_id")): bool(result["success"]) for result in exchange.answered()["results"]}


def _contrary(task_id: str, *, done: bool) -> str:
    came, due = ("done", "refused") if done else ("refused", "done")
    return f"the item of task {task_id} was {came}, it has to be {due}"


def _same(now: Task, before: Task) -> bool:
    return all(now.get(each) == before.get(each) for each in ("status", *LINK_FIELDS))


def _difference(ids: list[str], due: list[str]) -> str:
    for place, (there, expected) in enumerate(zip(ids, due, strict=False)):
        if there != expected:
            return f"task {there} stands in place {place}, expected {expected}"
    return f"lists {len(ids)} tasks, expected {len(due)}"


def _unless(kept: bool, exchange: Exchange, expected: int) -> str | None:
    return None if kept else f"answered {exchange.status}, expected {expected}"
