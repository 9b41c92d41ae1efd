"""Finds the tasks of the sandbox at the beginning of a run. Restores their old values at the end.

The receipt lists all changes, and says which of them remain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from workerkit.contracts.gate.client import Client
from workerkit.contracts.gate.gate import Gate, RunEndedError, WithheldError
from workerkit.contracts.gate.way_trouble import is_way_trouble
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import LINK_FIELDS, Task
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.sandbox.receipt import FieldChange, Receipt
from workerkit.contracts.sandbox.sandbox import NoSandboxError, Sandbox, find_sandbox, list_all
from workerkit.contracts.target.plan import REQUESTS_TO_RESTORE, Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.contracts.target.target_mask import mask_of
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import bulk_items_of, link_id_of
from workerkit.openapi.languages.phrase import phrase

_TIME_TO_RESTORE = 30.0
_MOST_SINGLE_UPDATES = 8
_HIDDEN_FIELDS = ("error_message", "note", "is_indexed")
_RESTORABLE_FIELDS = ("status", *LINK_FIELDS)


def open_sandbox(target: Target, plan: Plan, gate: Gate, say: Callable[[str], None]) -> Sandbox | None:
    """Finds the sandbox of the plan and tells the gate to allow its changes. None if the plan has no sandbox.

    `say` gets a sentence about the contents of the sandbox. Raises NoSandboxError.
    """
    if plan.writes is not Writes.SANDBOX:
        return None
    sandbox = find_sandbox(Client(gate, target.api_key), target, plan)
    accounts = frozenset() if target.account_id is None else frozenset({target.account_id})
    gate.allow_sandbox(sandbox.ids, sandbox.request_ids, accounts)
    say(mask_of(target, gate.exchanges).text(sandbox.text()))
    return sandbox


def restore_sandbox(sandbox: Sandbox | None, target: Target, gate: Gate) -> Receipt | None:
    """Restores the tasks of the sandbox and returns the receipt. None if there is no sandbox."""
    if sandbox is None:
        return None
    return Restoration(sandbox, gate, Client(gate, target.api_key), target).put_back()


class Restoration:
    """Restores the tasks of a sandbox to their old values. An interrupt can stop `put_back` at any time."""

    def __init__(self, sandbox: Sandbox, gate: Gate, client: Client, target: Target) -> None:
        self._gate = gate
        self._client = client
        self._target = target
        self._sandbox = sandbox
        self._before = {str(task["id"]): task for task in sandbox.tasks}
        self._writes = [
            *(exchange for exchange in gate.exchanges if exchange.method != "GET"),
            *gate.interrupted,
        ]
        self._written_ids = {
            task_id for task_id in self._before if any(_has_id(task_id, write) for write in self._writes)
        }
        self._changed: dict[tuple[str, str], Any] = {}
        self._current: dict[str, Task] = {}
        self._refusals: dict[str, str] = {}
        self._failure = ""

    def put_back(self) -> Receipt:
        """Puts back what the API allows, with a limited number of requests. Returns the receipt.

        An interrupt stops this. The receipt then lists what is still changed.
        """
        self._gate.allow_restoring(requests=REQUESTS_TO_RESTORE, seconds=_TIME_TO_RESTORE)
        try:
            self._restore()
        except KeyboardInterrupt:
            self._failure = phrase("putting the sandbox back was interrupted")
        except (RunEndedError, WithheldError, NoSandboxError) as error:
            self._failure = phrase("the sandbox could not be put back: {error}", error=error)
        return Receipt((*self._changes(), *self._hidden_changes()), tuple(self._notes()))

    def _restore(self) -> None:
        self._read_tasks()
        own = [str(task["id"]) for task in self._sandbox.own]
        if self._changed_ids(own):
            self._send_batch(self._restoring_updates(own))
            self._read_tasks()
        if self._changed_ids(own):
            self._restore_parts_in_bulk(own)
            self._read_tasks()
        for task_id in self._changed_ids(own)[:_MOST_SINGLE_UPDATES]:
            self._restore_one(task_id, None)
        for task in self._sandbox.foreign[:_MOST_SINGLE_UPDATES]:
            if self._changed_ids([str(task["id"])]):
                self._restore_one(str(task["id"]), self._target.other_api_key)
        if self._refusals or self._changed_ids(own):
            self._read_tasks()

    def _read_tasks(self) -> None:
        """Lists the tasks of the sandbox and records all changed fields."""
        for key in (None, self._target.other_api_key) if self._sandbox.foreign else (None,):
            for task in list_all(self._client, key, lenient_spec.enum_values("TaskStatus")):
                if str(task["id"]) in self._before:
                    self._current[str(task["id"])] = task
        for task_id, task in self._current.items():
            for name, value in task.items():
                if not _is_same(name, value, self._before[task_id].get(name)):
                    self._changed.setdefault((task_id, name), value)

    def _changed_ids(self, ids: Sequence[str]) -> list[str]:
        return [task_id for task_id in ids if self._restoring_update(task_id)]

    def _restoring_update(self, task_id: str) -> dict[str, Any]:
        """The old values of the changed fields that an update can set."""
        before, current = self._before[task_id], self._current.get(task_id)
        if current is None or task_id not in self._written_ids:
            return {}
        # A server may refuse null, because the API page does not show it. An empty text is the closest value.
        return {
            name: before.get(name) or ""
            for name in _RESTORABLE_FIELDS
            if not _is_same(name, before.get(name), current.get(name))
        }

    def _restoring_updates(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        updates = {task_id: self._restoring_update(task_id) for task_id in ids}
        return {task_id: update for task_id, update in updates.items() if update}

    def _restore_parts_in_bulk(self, ids: Sequence[str]) -> None:
        # One field may be the reason of the refusal, for example an empty link or a status against the flow.
        updates = self._restoring_updates(ids)
        for is_in_part in _PARTS:
            parts = {task_id: _part(update, is_in_part) for task_id, update in updates.items()}
            self._send_batch({task_id: part for task_id, part in parts.items() if part})

    def _send_batch(self, updates: Mapping[str, dict[str, Any]]) -> None:
        if updates:
            items = [{"link_id": task_id, **update} for task_id, update in updates.items()]
            self._client.send("PUT", "/tasks/bulk", {"items": items})

    def _restore_one(self, task_id: str, key: str | None) -> None:
        update = self._restoring_update(task_id)
        exchange = self._client.send("PUT", f"/tasks/{task_id}", update, key=key)
        if not exchange.accepted:
            self._refusals[task_id] = (
                phrase("the update was answered {status}", status=exchange.status)
                if exchange.status
                else phrase("the update got no answer")
            )

    def _changes(self) -> Iterator[FieldChange]:
        for (task_id, name), value in self._changed.items():
            before, current = self._before[task_id].get(name), self._current[task_id].get(name)
            is_put_back = _is_same(name, current, before)
            yield FieldChange(
                task_id,
                name,
                before,
                value if is_put_back else current,
                is_put_back,
                self._why(task_id, name, is_put_back=is_put_back),
            )

    def _why(self, task_id: str, name: str, *, is_put_back: bool) -> str:
        if is_put_back:
            return ""
        if task_id not in self._written_ids:
            return phrase(
                "no request of this run has the id of this task: another user or the server changed it"
            )
        if name not in _RESTORABLE_FIELDS:
            return phrase("no update can set this field")
        return (
            self._refusals.get(task_id)
            or self._failure
            or phrase("the update did not put the old value back")
        )

    def _hidden_changes(self) -> Iterator[FieldChange]:
        """The values that the run wrote into fields that no answer shows."""
        written: dict[tuple[str, str], Any] = {}
        for exchange in self._writes:
            if _may_have_acted(exchange):
                written.update(_hidden_fields_in(exchange, self._before))
        for (task_id, name), value in written.items():
            yield FieldChange(
                task_id, name, None, value, False, phrase("the API does not show the old value"), True
            )

    def _notes(self) -> Iterator[str]:
        if self._failure and not self._current:
            yield phrase("{failure}; the current state of the tasks is not known", failure=self._failure)
        names = {str(task["id"]): task.get("request_name") for task in self._sandbox.tasks}
        completions = [
            write for write in self._writes if write.operation == "completeLink" and _may_have_acted(write)
        ]
        for name, count in Counter(names.get(_link_id(completion)) for completion in completions).items():
            yield phrase(
                "created_links of the request {name} grew by up to {count}; no update can lower it",
                name=name,
                count=count,
            )
        requests = dict(self._sandbox.requests)
        for request_id, verb in self._ids_in_writes("setRequestStatus", "request_id"):
            name = requests.get(request_id, request_id)
            yield phrase(
                "the status of the request {name} {verb}; the API does not show the old status",
                name=name,
                verb=verb,
            )
        for account_id, verb in self._ids_in_writes("setAccountStatus", "account_id"):
            yield phrase(
                "the status of the account {account_id} {verb}; the API does not show the old status",
                account_id=account_id,
                verb=verb,
            )

    def _ids_in_writes(self, operation: str, field: str) -> list[tuple[str, str]]:
        """The ids in a field of all requests of one operation that the server did not refuse.

        Each id has the words `was changed` or, if no request with it got an answer, `may have been changed`.
        """
        verbs: dict[str, str] = {}
        for write in self._writes:
            if write.operation == operation and _may_have_acted(write):
                written_id = str(ParsedExchange(write).request_field(field))
                verbs.setdefault(written_id, phrase("may have been changed"))
                if write.accepted:
                    verbs[written_id] = phrase("was changed")
        return sorted(verbs.items())


def _may_have_acted(write: Exchange) -> bool:
    """False if the server refused the request. Without an answer of the server, nobody knows."""
    return write.accepted or is_way_trouble(write)


def _is_same(name: str, value: Any, other: Any) -> bool:
    """True if a field has the same value. A server may list an empty link as an empty text or as null."""
    return value == other or (name in LINK_FIELDS and not value and not other)


def _part(update: Mapping[str, Any], is_in_part: Callable[[str, Any], bool]) -> dict[str, Any]:
    return {name: value for name, value in update.items() if is_in_part(name, value)}


def _is_status(name: str, _value: str) -> bool:
    return name == "status"


def _is_filled_link(name: str, value: str) -> bool:
    return name in LINK_FIELDS and value != ""


def _is_empty_link(name: str, value: str) -> bool:
    return name in LINK_FIELDS and value == ""


_PARTS = (_is_status, _is_filled_link, _is_empty_link)


def _has_id(task_id: str, exchange: Exchange) -> bool:
    return (
        task_id.lower() in exchange.path.lower() or task_id.lower().encode() in exchange.request_body.lower()
    )


def _link_id(exchange: Exchange) -> str:
    return str(link_id_of(ParsedExchange(exchange).request_json))


def _hidden_fields_in(exchange: Exchange, tasks: Mapping[str, Task]) -> Iterator[tuple[tuple[str, str], Any]]:
    parsed = ParsedExchange(exchange)
    is_bulk = parsed.operation == "bulkUpdateTasks"
    for item in bulk_items_of(parsed.request_json) if is_bulk else [parsed.request_json]:
        if isinstance(item, dict):
            task_id = parsed.path_values.get("id") or str(link_id_of(item))
            for name in _HIDDEN_FIELDS:
                if name in item and task_id in tasks:
                    yield (task_id, name), item[name]
