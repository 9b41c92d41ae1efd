"""Scripted callbacks: for links, for customers' requests and for accounts."""

from __future__ import annotations

from workerkit.contracts.relations.listed_tasks import next_status
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.scripted.bodies import links_of, observe_callback_body
from workerkit.contracts.scripted.read_back import read_back
from workerkit.openapi.languages.phrase import phrase


def send_callbacks(context: RunContext) -> None:
    """Sends each callback for own tasks. Checks the answers, and the changes in the list."""
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
    task_id, status, links = str(task["id"]), next_status(str(task["status"])), links_of(task)
    body = {"link_id": task_id, "status": status, **links}
    exchange = context.client.send("POST", "/callback/link/update", body)
    if context.expect_status("link-update", exchange):
        read_back(context, "link-update", task_id, status, links, exchange)
        context.ledger.add_observation(observe_callback_body(exchange))


def _update_link_without_status(context: RunContext) -> None:
    task = context.take_task("link-update-optional")
    if task is None:
        return
    task_id, status, links = str(task["id"]), str(task["status"]), links_of(task)
    for name, link in links.items():
        exchange = context.client.send("POST", "/callback/link/update", {"link_id": task_id, name: link})
        if not context.expect_status("link-update-optional", exchange):
            return
    read_back(context, "link-update-optional", task_id, status, links, exchange)


def _complete_link(context: RunContext) -> None:
    task = context.take_task("link-complete")
    if task is None:
        return
    task_id, status = str(task["id"]), str(task["status"])
    while next_status(status) != "completed":
        status = next_status(status)
        context.expect_status("update", context.client.send("PUT", f"/tasks/{task_id}", {"status": status}))
    links = links_of(task)
    exchange = context.client.send("POST", "/callback/link/complete", {"link_id": task_id, **links})
    if context.expect_status("link-complete", exchange):
        read_back(context, "link-complete", task_id, "completed", links, exchange)


def _complete_waiting_link(context: RunContext) -> None:
    # The API page does not say if a callback may skip steps of the flow. If the server accepts the callback,
    # the list must then show the task as completed.
    context.tasks.sort(key=lambda task: str(task["status"]) != "pending")
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
    context.tasks.sort(key=lambda task: not isinstance(task.get("request_id"), str))
    task = context.take_task("request-status")
    if task is not None and task.get("request_id") is None:
        context.ledger.mark_untested("request-status", phrase("no listed task has a request_id"))
    elif task is not None and not context.may_change_request(str(task["request_id"])):
        context.ledger.mark_untested(
            "request-status", phrase("needs --sandbox-request, because the test changes a customer's request")
        )
    elif task is not None:
        body = {"request_id": task["request_id"], "status": "completed"}
        no_text = {"name": "completed"}
        invalid = context.client.send("POST", "/callback/request/status", {**body, "status": no_text})
        context.expect_status("bad-request", invalid, 400)
        context.expect_status("request-status", context.client.send("POST", "/callback/request/status", body))


def _set_account_status(context: RunContext) -> None:
    account = context.target.account_id
    if account is None:
        context.ledger.mark_untested(
            "account-status", phrase("needs --account-id, because no answer of the API shows account ids")
        )
        return
    body = {"account_id": account, "status": "active"}
    exchange = context.client.send("POST", "/callback/account/status", body)
    if exchange.status in (403, 404):
        flaw = phrase(
            "answered {status}, expected 2xx: check that the account {account} belongs to this server",
            status=exchange.status,
            account=account,
        )
        context.ledger.mark_broken("account-status", flaw, (exchange,))
    else:
        context.expect_status("account-status", exchange)
