"""POST /callback/request/status and /callback/account/status: what each value of their silences changes."""

from __future__ import annotations

from tests.mockserver.dialects.dialect_client import UNKNOWN, DialectClient
from tests.mockserver.dialects.examples import Examples

EXAMPLES = Examples()
example = EXAMPLES.add


def set_foreign_statuses(client: DialectClient) -> tuple[set[int], list[str]]:
    """Sets the statuses of a customer's request and an account that belong only to tasks of another server.

    Returns the statuses of the answers, and the statuses of the two entities after that.
    """
    client.add_task()
    foreign = client.add_foreign_task()
    answers = [
        client.post("/callback/request/status", {"request_id": foreign["request_id"], "status": "canceled"}),
        client.post("/callback/account/status", {"account_id": foreign["account_id"], "status": "banned"}),
    ]
    assert (
        client.post("/callback/request/status", {"request_id": UNKNOWN, "status": "canceled"}).status == 404
    )
    entities = [*client.state()["requests"], *client.state()["accounts"]]
    foreign_ids = (foreign["request_id"], foreign["account_id"])
    return {answer.status for answer in answers}, [
        entity["status"] for entity in entities if entity["id"] in foreign_ids
    ]


@example("related-entities", "own")
def _(client: DialectClient) -> None:
    assert set_foreign_statuses(client) == ({403}, ["running", "active"])


@example("related-entities", "any")
def _(client: DialectClient) -> None:
    assert set_foreign_statuses(client) == ({200}, ["canceled", "banned"])


def set_own_statuses(client: DialectClient, request_status: str, account_status: str) -> set[int]:
    task = client.add_task()
    request = {"request_id": task["request_id"], "status": request_status}
    account = {"account_id": task["account_id"], "status": account_status}
    return {
        client.post("/callback/request/status", request).status,
        client.post("/callback/account/status", account).status,
    }


@example("entity-status", "any")
def _(client: DialectClient) -> None:
    assert set_own_statuses(client, "nonsense", "nonsense") == {200}


@example("entity-status", "listed")
def _(client: DialectClient) -> None:
    assert set_own_statuses(client, "nonsense", "nonsense") == {400}
    assert set_own_statuses(client, "completed", "active") == {200}
