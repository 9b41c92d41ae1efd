"""Putting a sandbox back as it was, and saying what could not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from workerkit.contracts.gate.client import Client
from workerkit.contracts.gate.gate import Gate, RunEndedError, WithheldError
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import Task
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.sandbox.receipt import FieldChange, Receipt
from workerkit.contracts.sandbox.sandbox import NoSandboxError, Sandbox, find_sandbox, list_all
from workerkit.contracts.target.plan import MOST_TO_PUT_BACK, Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.contracts.target.target_mask import mask_of
from workerkit.openapi.exchange import Exchange

_SECONDS = 30.0
_MOST_SINGLE = 8
_NOT_SHOWN = ("error_message", "note", "is_indexed")
_PUT_BACK = ("status", "link_profile", "link_post")


def enter(target: Target, plan: Plan, gate: Gate, say: Callable[[str], None]) -> Sandbox | None:
    """The sandbox that the plan names, which the gate then lets be changed; None where it names none.

    `say` is told what is in it. Raises NoSandbox.
    """
    if plan.writes is not Writes.SANDBOX:
        return None
    sandbox = find_sandbox(Client(gate, target.api_key), target, plan)
    accounts = frozenset() if target.account_id is None else frozenset({target.account_id})
    gate.admit(sandbox.ids, sandbox.request_ids, accounts)
    say(mask_of(target, gate.exchanges).text(sandbox.text()))
    return sandbox


def leave(sandbox: Sandbox | None, target: Target, gate: Gate) -> Receipt | None:
    """What was changed in a sandbox, after it was put back; None where there is none."""
    if sandbox is None:
        return None
    return Restoration(sandbox, gate, Client(gate, target.api_key), target).put_back()


class Restoration:
    """Puts back what differs from the listing before the run. `put_back` may be interrupted at any time."""

    def __init__(self, sandbox: Sandbox, gate: Gate, client: Client, target: Target) -> None:
        self._gate = gate
        self._client = client
        self._target = target
        self._sandbox = sandbox
        self._was = {str(task["id"]): task for task in sandbox.tasks}
        self._written = [
            *(exchange for exchange in gate.exchanges if exchange.method != "GET"),
            *gate.broken_off,
        ]
        self._touched = {each for each in self._was if any(_names(each, one) for one in self._written)}
        self._changed: dict[tuple[str, str], Any] = {}
        self._now: dict[str, Task] = {}
        self._refusals: dict[str, str] = {}
        self._trouble = ""

    def put_back(self) -> Receipt:
        """What was changed, after as much of it as the API allows was put back; takes a few requests.

        A second interrupt ends it; the receipt then says what is left.
        """
        self._gate.reopen(requests=MOST_TO_PUT_BACK, seconds=_SECONDS)
        try:
            self._tidy()
        except KeyboardInterrupt:
            self._trouble = "putting it back was interrupted"
        except (RunEndedError, WithheldError, NoSandboxError) as error:
            self._trouble = f"putting it back was not possible: {error}"
        return Receipt((*self._changes(), *self._unseen()), tuple(self._notes()))

    def _tidy(self) -> None:
        self._look()
        own = [str(each["id"]) for each in self._sandbox.own]
        if self._undone(own):
            self._send_together(self._undone(own))
            self._look()
        for task_id in self._undone(own)[:_MOST_SINGLE]:
            self._send(task_id, None)
        for task in self._sandbox.foreign[:_MOST_SINGLE]:
            if self._undone([str(task["id"])]):
                self._send(str(task["id"]), self._target.other_api_key)
        if self._refusals or self._undone(own):
            self._look()

    def _look(self) -> None:
        """Reads what the tasks are like now, and notes whatever is found changed."""
        for key in (None, self._target.other_api_key) if self._sandbox.foreign else (None,):
            for task in list_all(self._client, key, lenient_spec.enumeration("TaskStatus")):
                if str(task["id"]) in self._was:
                    self._now[str(task["id"])] = task
        for task_id, task in self._now.items():
            for name, value in task.items():
                if value != self._was[task_id].get(name):
                    self._changed.setdefault((task_id, name), value)

    def _undone(self, ids: Sequence[str]) -> list[str]:
        return [each for each in ids if self._remedy(each)]

    def _remedy(self, task_id: str) -> dict[str, Any]:
        """The fields that make the task what it was, as far as they differ and an update can set them."""
        was, now = self._was[task_id], self._now.get(task_id)
        if now is None or task_id not in self._touched:
            return {}
        # The page shows no null there, and a server may refuse one: an empty text comes closest.
        return {name: was.get(name) or "" for name in _PUT_BACK if was.get(name) != now.get(name)}

    def _send_together(self, ids: Sequence[str]) -> None:
        items = [{"link_id": each, **self._remedy(each)} for each in ids]
        self._client.send("PUT", "/tasks/bulk", {"items": items})

    def _send(self, task_id: str, key: str | None) -> None:
        remedy = self._remedy(task_id)
        exchange = self._client.send("PUT", f"/tasks/{task_id}", remedy, key=key)
        if exchange.accepted:
            return
        self._refusals[task_id] = f"the update was answered {exchange.status or 'with nothing'}"
        links = {name: value for name, value in remedy.items() if name != "status"}
        if links and links != remedy:
            self._client.send("PUT", f"/tasks/{task_id}", links, key=key)

    def _changes(self) -> Iterator[FieldChange]:
        for (task_id, name), value in self._changed.items():
            was, last = self._was[task_id].get(name), self._now[task_id].get(name)
            is_put_back = last == was
            yield FieldChange(
                task_id,
                name,
                was,
                last if not is_put_back else value,
                is_put_back,
                self._why(task_id, name, is_put_back=is_put_back),
            )

    def _why(self, task_id: str, name: str, *, is_put_back: bool) -> str:
        if is_put_back:
            return ""
        if task_id not in self._touched:
            return "no request of this run names the task: somebody else changed it, or the server by mistake"
        if name not in _PUT_BACK:
            return "no update can set it"
        return self._trouble or self._refusals.get(task_id) or "the update did not make it what it was"

    def _unseen(self) -> Iterator[FieldChange]:
        """What was written into fields that no list shows."""
        last: dict[tuple[str, str], Any] = {}
        for exchange in self._written:
            if exchange.accepted or exchange.status is None:
                last.update(_unseen_in(exchange, self._was))
        for (task_id, name), value in last.items():
            yield FieldChange(task_id, name, None, value, False, "the API does not show what it was", True)

    def _notes(self) -> Iterator[str]:
        if self._trouble and not self._now:
            yield f"{self._trouble}; what the tasks are like now is not known"
        names = {str(task["id"]): task.get("request_name") for task in self._sandbox.tasks}
        done = [each for each in self._written if each.operation == "completeLink" and each.accepted]
        for name, count in Counter(names.get(_link(each)) for each in done).items():
            yield f"created_links of the request {name} was raised by up to {count}; no update can lower it"
        requests = dict(self._sandbox.requests)
        for request_id in self._set("setRequestStatus", "request_id"):
            name = requests.get(request_id, request_id)
            yield f"the status of the request {name} was set; the API does not show what it was"
        for account_id in self._set("setAccountStatus", "account_id"):
            yield f"the status of the account {account_id} was set; the API does not show what it was"

    def _set(self, operation: str, field: str) -> list[str]:
        """The ids of what an operation was taken for."""
        taken = (each for each in self._written if each.operation == operation and each.accepted)
        return sorted({str(ParsedExchange(each).sent_field(field)) for each in taken})


def _names(task_id: str, exchange: Exchange) -> bool:
    return (
        task_id.lower() in exchange.path.lower() or task_id.lower().encode() in exchange.request_body.lower()
    )


def _link(exchange: Exchange) -> str:
    return str(ParsedExchange(exchange).sent_field("link_id"))


def _unseen_in(exchange: Exchange, tasks: Mapping[str, Task]) -> Iterator[tuple[tuple[str, str], Any]]:
    reading = ParsedExchange(exchange)
    items = reading.sent_field("items") if reading.operation == "bulkUpdateTasks" else [reading.sent]
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            task_id = reading.path_values.get("id") or str(item.get("link_id"))
            for name in _NOT_SHOWN:
                if name in item and task_id in tasks:
                    yield (task_id, name), item[name]
