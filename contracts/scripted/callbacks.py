"""Callbacks of the script."""

from __future__ import annotations

from workerkit.contracts.relations.listed_tasks import following
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.scripted.bodies import callback_body_of, links_of
from workerkit.contracts.scripted.read_back import read_back


def call_back(context: RunContext) -> None:
    """The callbacks are taken for own links and requests; the list shows what they did."""
    _update_link(context)
    _update_link_without_status(context)
    _complete_link(context)
    _complete_waiting_link(context)
    _set_request_status(context)
    _set_account_status(context)


def _update_link(context: RunContext) -> None:
    task = context.take_task("link-update")
    if task is None:
        return
    task_id, status, links = str(task["id"]), following(str(task["status"])), links_of(task)
    body = {"link_id": task_id, "status": status, **links}
    exchange = context.client.send("POST", "/callback/link/update", body)
    if context.expect("link-update", exchange):
        read_back(context, "link-update", task_id, status, links, exchange)
        context.ledger.note(callback_body_of(exchange))


def _update_link_without_status(context: RunContext) -> None:
    task = context.take_task("link-update-optional")
    if task is None:
        return
    task_id, status, links = str(task["id"]), str(task["status"]), links_of(task)
    for name, link in links.items():
        exchange = context.client.send("POST", "/callback/link/update", {"link_id": task_id, name: link})
        if not context.expect("link-update-optional", exchange):
            return
    read_back(context, "link-update-optional", task_id, status, links, exchange)


def _complete_link(context: RunContext) -> None:
    task = context.take_task("link-complete")
    if task is None:
        return
    task_id, status = str(task["id"]), str(task["status"])
    while following(status) != "completed":
        status = following(status)
        context.expect("update", context.client.send("PUT", f"/tasks/{task_id}", {"status": status}))
    links = links_of(task)
    exchange = context.client.send("POST", "/callback/link/complete", {"link_id": task_id, **links})
    if context.expect("link-complete", exchange):
        read_back(context, "link-complete", task_id, "completed", links, exchange)


def _complete_waiting_link(context: RunContext) -> None:
    # Whether steps of the flow may be left out is not said; what is taken has to be done.
    context.tasks.sort(key=lambda each: str(each["status"]) != "pending")
    task = context.take_task("link-complete")
    if task is None:
        return
    task_id, links = str(task["id"]), links_of(task)
    exchange = context.client.send("POST", "/callback/link/complete", {"link_id": task_id, **links})
    if exchange.accepted:
        read_back(context, "link-complete", task_id, "completed", links, exchange)
    else:
        context.tasks.append(task)


def _set_request_status(context: RunContext) -> None:
    task = context.take_task("request-status")
    if task is not None and not context.may_change_request(str(task["request_id"])):
        context.ledger.excuse("request-status", "needs --sandbox-request: the request itself is changed")
    elif task is not None:
        body = {"request_id": task["request_id"], "status": "completed"}
        wrong = context.client.send("POST", "/callback/request/status", {**body, "status": 7})
        context.expect("bad-request", wrong, 400)
        context.expect("request-status", context.client.send("POST", "/callback/request/status", body))


def _set_account_status(context: RunContext) -> None:
    account = context.target.account_id
    if account is None:
        context.ledger.excuse("account-status", "needs --account-id: no answer of the API shows one")
        return
    body = {"account_id": account, "status": "active"}
    exchange = context.client.send("POST", "/callback/account/status", body)
    if exchange.status in (403, 404):
        flaw = f"answered {exchange.status}, expected 2xx: is {account} an account of this server's tasks?"
        context.ledger.fail("account-status", flaw, (exchange,))
    else:
        context.expect("account-status", exchange)
