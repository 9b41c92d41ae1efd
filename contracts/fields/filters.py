"""Unusual values in the parameters of GET /tasks, and very large numbers. These requests change nothing."""

from __future__ import annotations

from workerkit.contracts.fields.similar_words import SIMILAR_STATUSES
from workerkit.contracts.fields.texts import LONG_URLS, LOOKALIKES, MIXED_URL, NUL_URL, FieldText
from workerkit.contracts.fields.verdicts import (
    expect_refused,
    fields_text,
    is_system_error,
    report_system_error,
)
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import tasks_in, total_in
from workerkit.contracts.run.context import RunContext
from workerkit.openapi.languages.phrase import phrase

_SQL_QUOTE = LOOKALIKES[-1]
_WILDCARD = FieldText(phrase("a text that is a wildcard in SQL"), "%", is_url=False)
_UNUSUAL_TEXTS = {
    "service_type": (MIXED_URL, LONG_URLS[0], NUL_URL, _SQL_QUOTE, _WILDCARD),
    "after": (LONG_URLS[0], _SQL_QUOTE),
}
_LARGEST_32_BITS = 2**31 - 1
# A parser of numbers that accepts the last two makes an offset that a database cannot take.
_BAD_PAGES = ("ten", "1.5", "1e300")


def filter_by_unusual_texts(context: RunContext) -> None:
    """Sends GET /tasks with unusual texts as filter and as cursor. The server must not answer 5xx.

    `check_exchange` checks that all listed tasks have the service type of the filter.
    """
    for parameter, texts in _UNUSUAL_TEXTS.items():
        for text in texts:
            exchange = context.client.get_tasks_with({parameter: text.value})
            if is_system_error(exchange):
                report_system_error(
                    context,
                    phrase("GET /tasks with {fields_text}", fields_text=fields_text({parameter: text})),
                    exchange,
                )


def filter_by_similar_statuses(context: RunContext) -> None:
    """Sends GET /tasks with statuses that the API page does not name, but that are similar to its statuses.

    A server may refuse them or list nothing. It may also use the default statuses instead. It must not read
    them as other statuses.
    """
    wanted = ",".join(SIMILAR_STATUSES)
    exchange = context.client.get_tasks(status=wanted)
    others = {str(task.get("status")) for task in tasks_in(exchange)} - set(lenient_spec.waiting_statuses())
    flaw = phrase(
        "GET /tasks with the unknown statuses {wanted} lists tasks with status {others}",
        wanted=wanted,
        others=", ".join(sorted(others)),
    )
    if exchange.accepted:
        context.ledger.record_check("list-status", flaw if others else None, exchange)


def list_extreme_pages(context: RunContext) -> None:
    """Lists the first page, the last page and pages after it, with small and large limits.

    Also lists the page after the last task.

    `check_exchange` checks the number of tasks on each page.
    """
    statuses = ",".join(lenient_spec.enum_values("TaskStatus"))
    most = lenient_spec.parameter_maximum("limit")
    first = context.client.get_tasks(status=statuses, limit=most, page=1)
    total = total_in(first)
    if total >= 0:
        pages = ((1, max(total, 1)), (1, total + 1), (most - 1, 1))
        for limit, page in pages:
            context.client.get_tasks(status=statuses, limit=limit, page=page)
    for limit, page in ((most, _LARGEST_32_BITS), (1, _LARGEST_32_BITS + 1)):
        exchange = context.client.get_tasks(status=statuses, limit=limit, page=page)
        if is_system_error(exchange):
            report_system_error(
                context,
                phrase("GET /tasks with page {page} and limit {limit}", page=page, limit=limit),
                exchange,
            )
    tasks = tasks_in(first)
    if tasks and total == len(tasks):
        ids = {str(task.get("id")) for task in tasks}
        last = str(tasks[-1].get("id"))
        after = context.client.get_tasks(status=statuses, limit=most, after=last)
        again = ids & {str(task.get("id")) for task in tasks_in(after)}
        flaw = phrase(
            "the page after the last of {total} tasks, {last}, lists {again_count} of these tasks again",
            total=total,
            last=last,
            again_count=len(again),
        )
        if after.accepted:
            context.ledger.record_check("list-after", flaw if again else None, first, after)


def send_bad_page(context: RunContext) -> None:
    """Sends GET /tasks with pages that are no whole numbers. The server may refuse them or list another page.

    `check_exchange` checks which page was listed in place of a text.
    """
    for page in _BAD_PAGES:
        exchange = context.client.get_tasks(page=page)
        if not exchange.accepted:
            why = phrase("page is not a whole number")
            sent = phrase('GET /tasks with page "{page}"', page=page)
            # A server may read these as numbers, and say that there is no such page.
            statuses = (400,) if page == _BAD_PAGES[0] else (400, 404)
            expect_refused(context, "bad-request", sent, why, exchange, statuses=statuses, taken=False)
