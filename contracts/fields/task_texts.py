"""Unusual texts in the fields of tasks: the links, the note and the error message."""

from __future__ import annotations

from collections import Counter

from workerkit.contracts.fields.text_writer import Texts, TextWriter
from workerkit.contracts.fields.texts import (
    MIXED_URL,
    PLAIN_URLS,
    SURROGATE_URL,
    UNUSUAL_URLS,
    URL_PARTS,
    FieldText,
    lookalikes_for,
    with_marks,
)
from workerkit.contracts.fields.update_operation import BULK, LINK_UPDATE, PUT, UpdateOperation
from workerkit.contracts.fields.verdicts import (
    expect_accepted,
    fields_text,
    report_system_error,
)
from workerkit.contracts.gate.way_trouble import is_system_error
from workerkit.contracts.relations.listed_tasks import LINK_FIELDS
from workerkit.contracts.run.context import RunContext
from workerkit.mockserver.reports.message_pattern import message_pattern
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import joined, phrase

_SINGLE_UPDATES = (PUT, LINK_UPDATE)
# If the server refused this many texts in a field and accepted none, the field gets no more texts.
_MOST_REFUSALS = 2


def write_plain_links(context: RunContext) -> None:
    """Writes plain URLs into both links. Each has to be accepted, and listed exactly as written."""
    if not context.tasks:
        return
    writer = TextWriter(context)
    pairs = [dict(zip(LINK_FIELDS, (PLAIN_URLS[i], PLAIN_URLS[i - 1]), strict=True)) for i in range(4)]
    for number, operation in enumerate(_SINGLE_UPDATES):
        for texts in (pairs[number], pairs[number + 2]):
            exchange, taken = writer.write(operation, texts)
            expect_accepted(context, operation.rule, _sent(operation, texts), exchange, taken=taken)
    for exchange, batch in writer.write_batches(pairs):
        expect_accepted(context, BULK.rule, _sent(BULK, batch[0]), exchange, taken=False)
    writer.read_back()


def write_unusual_texts(context: RunContext) -> None:
    """Writes texts that a server may refuse. It must not answer 5xx, and must list what it accepted.

    A note says which links the list has in another form.
    """
    if not context.tasks:
        return
    trial = _UnusualTexts(context)
    for operation in _SINGLE_UPDATES:
        trial.write_in_single_updates(operation)
    trial.write_in_batches()
    trial.writer.read_back()
    trial.writer.note_other_forms()


class _UnusualTexts:
    """The requests of `write_unusual_texts`.

    If the server refuses a request with several texts or answers 5xx, the texts are sent one by one, to find
    the cause.
    """

    def __init__(self, context: RunContext) -> None:
        self.writer = TextWriter(context)
        self._context = context
        self._open_fields: set[str] = set()
        self._refusals = Counter[str]()
        self._has_split_refused_url = False
        self._has_split_failed_url = False

    def write_in_single_updates(self, operation: UpdateOperation) -> None:
        fields = operation.text_fields(self._context)
        for text in UNUSUAL_URLS:
            self._write(operation, with_marks(text, fields))
        self._write(operation, lookalikes_for(fields))
        if operation.fields_for(self._context) == operation.fields:
            self._write_surrogate(operation, with_marks(SURROGATE_URL, fields))

    def write_in_batches(self) -> None:
        fields = BULK.text_fields(self._context)
        all_texts = [with_marks(text, fields) for text in UNUSUAL_URLS] + [lookalikes_for(fields)]
        failed = []
        for exchange, batch in self.writer.write_batches(all_texts):
            failures = [self._write(BULK, texts, in_groups=False) for texts in batch]
            if is_system_error(exchange) and not any(failures):
                failed.append((exchange, batch))
            elif is_system_error(exchange):
                self._context.ledger.mark_explained("no-system-error", exchange)
        for exchange, batch in failed:
            kinds = ", ".join(texts[LINK_FIELDS[0]].kind for texts in batch)
            report_system_error(
                self._context,
                phrase("{title} with items that have {kinds}", title=BULK.title, kinds=kinds),
                exchange,
            )
        if BULK.fields_for(self._context) == BULK.fields:
            self._write_surrogate(BULK, with_marks(SURROGATE_URL, fields))

    def _write(self, operation: UpdateOperation, all_texts: Texts, *, in_groups: bool = True) -> bool:
        """Writes the texts. Returns True if the server answered with a system error.

        in_groups: True writes parts of the texts if the server refuses them together.
        """
        texts = {name: text for name, text in all_texts.items() if not self._is_closed(name)}
        exchange, taken = self.writer.write(operation, texts)
        if taken:
            self._open_fields.update(texts)
        if is_system_error(exchange):
            self._find_cause(operation, texts, exchange)
            return True
        if not taken and exchange.status is not None and in_groups:
            return self._write_groups(operation, texts)
        return False

    def _write_groups(self, operation: UpdateOperation, texts: Texts) -> bool:
        """Writes the links and each other field alone, because the server refused them together."""
        links = {name: text for name, text in texts.items() if name in LINK_FIELDS}
        others = [{name: text} for name, text in texts.items() if name not in LINK_FIELDS]
        groups = [links, *others] if others else []
        if texts[LINK_FIELDS[0]] is MIXED_URL and not self._has_split_refused_url:
            self._has_split_refused_url = True
            groups += [with_marks(part, LINK_FIELDS) for part in URL_PARTS]
        failed = False
        for group in groups:
            exchange, taken = self.writer.write(operation, group)
            if is_system_error(exchange):
                self._find_cause(operation, group, exchange)
                failed = True
            elif taken:
                self._open_fields.update(group)
            else:
                self._refusals.update(group.keys())
        return failed

    def _is_closed(self, field: str) -> bool:
        """True if the server refuses all texts in this field, for example because the task has not failed."""
        never_taken = field not in LINK_FIELDS and field not in self._open_fields
        return never_taken and self._refusals[field] >= _MOST_REFUSALS

    def _find_cause(self, operation: UpdateOperation, texts: Texts, exchange: Exchange) -> None:
        """Sends smaller parts of the texts and reports those that make the server fail.

        If no part does, reports all texts. The parts of MIXED_URL are sent for one field only,
        because each part costs a request.
        """
        smaller: list[Texts] = [{name: text} for name, text in texts.items()]
        if len(texts) == 1:
            smaller = [{name: part} for name, text in texts.items() for part in self._parts(text)]
        failed = [group for group in smaller if self._fails(operation, group)]
        if failed:
            self._context.ledger.mark_explained("no-system-error", exchange)
        else:
            report_system_error(self._context, _sent(operation, texts), exchange, topic=_topic(texts))

    def _fails(self, operation: UpdateOperation, texts: Texts) -> bool:
        exchange, _ = self.writer.write(operation, texts)
        if is_system_error(exchange):
            self._find_cause(operation, texts, exchange)
        return is_system_error(exchange)

    def _parts(self, text: FieldText) -> tuple[FieldText, ...]:
        if text.kind != MIXED_URL.kind or self._has_split_failed_url:
            return ()
        self._has_split_failed_url = True
        return URL_PARTS

    def _write_surrogate(self, operation: UpdateOperation, texts: Texts) -> None:
        plain = dict(zip(LINK_FIELDS, PLAIN_URLS, strict=False))
        exchange, _ = self.writer.write_over(operation, texts, plain)
        if is_system_error(exchange):
            self._context.ledger.mark_explained("no-system-error", exchange)
            singles: list[tuple[Texts, Exchange]] = []
            for name, text in texts.items():
                single, _ = self.writer.write_over(operation, {name: text}, plain)
                singles.append(({name: text}, single))
            failed = [pair for pair in singles if is_system_error(pair[1])]
            for group, single in failed or [(texts, exchange)]:
                report_system_error(self._context, _sent(operation, group), single, topic=_topic(group))


def _topic(texts: Texts) -> str:
    """What is special about the texts, without lengths."""
    return message_pattern("; ".join(sorted({text.kind for text in texts.values()})))


def _sent(operation: UpdateOperation, texts: Texts) -> str:
    kinds = {text.kind for text in texts.values()}
    if len(texts) > 1 and len(kinds) == 1:
        return phrase(
            "{title} with {texts} {next}",
            title=operation.title,
            texts=joined(phrase(" and "), texts),
            next=next(iter(texts.values())),
        )
    return phrase("{title} with {fields_text}", title=operation.title, fields_text=fields_text(texts))
