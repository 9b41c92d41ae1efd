"""Writes texts into fields of unused tasks, and compares them with the texts in the list afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workerkit.contracts.fields.task_reader import read_tasks
from workerkit.contracts.fields.texts import FieldText, difference
from workerkit.contracts.fields.update_operation import BULK, UpdateOperation, sendable, updated_ids
from workerkit.contracts.relations.listed_tasks import LINK_FIELDS
from workerkit.contracts.run.context import RunContext
from workerkit.mockserver.reports.message_pattern import message_pattern
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import joined, phrase

Texts = Mapping[str, FieldText]
_RULE = "update-links"


@dataclass(frozen=True, slots=True)
class WrittenTexts:
    """The texts that one accepted request wrote into the fields of a task."""

    operation: UpdateOperation
    texts: Texts
    exchange: Exchange


class TextWriter:
    """Writes texts into waiting tasks of the own server, without a new status.

    Each accepted text gets a task of its own, so that one list shows all texts. When all tasks are used, the
    writer compares the list with the texts and uses the tasks again. Call `read_back` at the end.

    `context.tasks` must have at least one task.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._ids = [str(task["id"]) for task in context.tasks]
        self._written: dict[str, WrittenTexts] = {}
        self._other_forms: dict[str, None] = {}

    def write(self, operation: UpdateOperation, texts: Texts) -> tuple[Exchange, bool]:
        """Writes the texts into the next task. Returns the exchange, and True if it was accepted."""
        task_id = self._next_id()
        fields = {name: text.value for name, text in texts.items()}
        exchange = operation.send(self._context, task_id, fields)
        taken = operation.has_updated(exchange, task_id)
        if taken:
            self._written[task_id] = WrittenTexts(operation, texts, exchange)
        return exchange, taken

    def write_batches(self, all_texts: Sequence[Texts]) -> list[tuple[Exchange, Sequence[Texts]]]:
        """Writes the texts in bulk updates, one item for each.

        Returns the exchanges that were not answered 2xx, each with its texts.
        """
        refused = []
        for begin in range(0, len(all_texts), len(self._ids)):
            batch = all_texts[begin : begin + len(self._ids)]
            if len(self._ids) - len(self._written) < len(batch):
                self.read_back()
            exchange = self._write_batch(batch)
            if not exchange.accepted:
                refused.append((exchange, batch))
        return refused

    def write_over(self, operation: UpdateOperation, texts: Texts, plain: Texts) -> tuple[Exchange, bool]:
        """Like `write`, for texts that no list should show. Writes plain texts over accepted ones at once."""
        task_id = self._next_id()
        exchange = operation.send(self._context, task_id, {name: text.value for name, text in texts.items()})
        taken = operation.has_updated(exchange, task_id)
        if taken:
            operation.send(self._context, task_id, {name: text.value for name, text in plain.items()})
        return exchange, taken

    def read_back(self) -> None:
        """Lists the tasks, and compares the links in the list with the written ones."""
        written, self._written = self._written, {}
        listed = read_tasks(self._context, written) if written else {}
        for task_id, write in written.items():
            if task_id in listed:
                task, exchange = listed[task_id].task, listed[task_id].exchange
                for field in LINK_FIELDS:
                    if field in write.texts:
                        self._compare(write, field, task.get(field), exchange)

    def note_other_forms(self) -> None:
        """Adds a note if the list had links in another form than they were written. This breaks no rule."""
        if self._other_forms:
            note = phrase(
                "GET /tasks lists some links in another form than they were written. They have: {kinds}",
                kinds=joined("; ", self._other_forms),
            )
            self._context.ledger.notes.append(note)

    def _compare(self, write: WrittenTexts, field: str, listed: object, exchange: Exchange) -> None:
        text = write.texts[field]
        change = difference(text, listed)
        flaw = phrase(
            "{title} with {field} {text} was answered {status}, but GET /tasks then {change}",
            title=write.operation.title,
            field=field,
            text=text.text,
            status=write.exchange.status,
            change=change,
        )
        self._context.ledger.record_check(
            _RULE,
            flaw if change else None,
            write.exchange,
            exchange,
            topic=message_pattern(text.kind),
            links=(field,),
        )
        if change is None and text.is_url and listed != text.value:
            self._other_forms.setdefault(text.kind)

    def _write_batch(self, batch: Sequence[Texts]) -> Exchange:
        ids = [self._next_id() for _ in batch]
        items = [
            {"link_id": task_id, **{name: text.value for name, text in texts.items()}}
            for task_id, texts in zip(ids, batch, strict=True)
        ]
        exchange = self._context.client.send("PUT", "/tasks/bulk", sendable({"items": items}))
        updated = updated_ids(exchange) if exchange.accepted else frozenset()
        for task_id, texts in zip(ids, batch, strict=True):
            if task_id.lower() in updated:
                self._written[task_id] = WrittenTexts(BULK, texts, exchange)
        return exchange

    def _next_id(self) -> str:
        """The id of the next task to use. All texts in this task have been compared with the list."""
        for task_id in self._ids:
            if task_id not in self._written:
                # The tasks are used one after another.
                self._ids.remove(task_id)
                self._ids.append(task_id)
                return task_id
        self.read_back()
        return self._next_id()
