"""Callbacks of the script."""

from __future__ import annotations

from workerkit.contracts.relations.listed_tasks import following
from workerkit.contracts.run.context import Walk
from workerkit.contracts.scripted.bodies import callback_body_of, links_of
from workerkit.contracts.scripted.read_back import read_back


def call_back(walk: Walk) -> None:
    """The callbacks are taken for own links and requests; the list shows what they did."""
    _update_link(walk)
    _update_link_without_status(walk)
    _complete_link(walk)
    _complete_waiting_link(walk)
    _set_request_status(walk)
    _set_account_status(walk)


def _update_link(walk: Walk) -> None:
    task = walk.take_task("link-update")
    if task is None:
        return
    task_id, status, links = str(task["id"]), following(str(task["status"])), links_of(task)
    body = {"link_id": task_id, "status": status, **links}
    exchange = walk.client.send("POST", "/callback/link/update", body)
    if walk.expect("link-update", exchange):
        read_back(walk, "link-update", task_id, status, links, exchange)
        walk.ledger.note(callback_body_of(exchange))


def _update_link_without_status(walk: Walk) -> None:
    task = walk.take_task("link-update-optional")
    if task is None:
        return
    task_id, status, links = str(task["id"]), str(task["status"]), links_of(task)
    for name, link in links.items():
        exchange = walk.client.send("POST", "/callback/link/update", {"link_id": task_id, name: link})
        if not walk.expect("link-update-optional", exchange):
            return
    read_back(walk, "link-update-optional", task_id, status, links, exchange)


def _complete_link(walk: Walk) -> None:
    task = walk.take_task("link-complete")
    if task is None:
        return
    task_id, status = str(task["id"]), str(task["status"])
    while following(status) != "completed":
        status = following(status)
        walk.expect("update", walk.client.send("PUT", f"/tasks/{task_id}", {"status": status}))
    links = links_of(task)
    exchange = walk.client.send("POST", "/callback/link/complete", {"link_id": task_id, **links})
    if walk.expect("link-complete", exchange):
        read_back(walk, "link-complete", task_id, "completed", links, exchange)


def _complete_waiting_link(walk: Walk) -> None:
    # Whether steps of the flow may be left out is not said; what is taken has to be done.
    walk.tasks.sort(key=lambda each: str(each["status"]) != "pending")
    task = walk.take_task("link-complete")
    if task is None:
        return
    task_id, links = str(task["id"]), links_of(task)
    exchange = walk.client.send("POST", "/callback/link/complete", {"link_id": task_id, **links})
    if exchange.accepted:
        read_back(walk, "link-complete", task_id, "completed", links, exchange)
    else:
        walk.tasks.append(task)


def _set_request_status(walk: Walk) -> None:
    task = walk.take_task("request-status")
    if task is not None and not walk.may_change_request(str(task["request_id"])):
        walk.ledger.excuse("request-status", "needs --sandbox-request: the request itself is changed")
    elif task is not None:
        body = {"request_id": task["request_id"], "status": "completed"}
        wrong = walk.client.send("POST", "/callback/request/status", {**body, "status": 7})
        walk.expect("bad-request", wrong, 400)
        walk.expect("request-status", walk.client.send("POST", "/callback/request/status", body))


def _set_account_status(walk: Walk) -> None:
    account = walk.target.account_id
    if account is None:
        walk.ledger.excuse("account-status", "needs --account-id: no answer of the API shows one")
        return
    body = {"account_id": account, "status": "active"}
    exchange = walk.client.send("POST", "/callback/account/status", body)
    if exchange.status in (403, 404):
        flaw = f"answered {exchange.status}, expected 2xx: is {account} an account of this server's tasks?"
        walk.ledger.fail("account-status", flaw, (exchange,))
    else:
        walk.expect("account-status", exchange)
