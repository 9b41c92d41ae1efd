"""POST /callback/link/update and /callback/link/complete: what each value of their silences changes."""

from __future__ import annotations

from tests.mockserver.dialects.dialect_client import DialectClient, complete_against_flow
from tests.mockserver.dialects.examples import Examples

EXAMPLES = Examples()
example = EXAMPLES.add


@example("link-update-flow", "bound")
def _(client: DialectClient) -> None:
    assert complete_against_flow(client, "link/update") == {409}


@example("link-update-flow", "free")
def _(client: DialectClient) -> None:
    assert complete_against_flow(client, "link/update") == {200}
    assert complete_against_flow(client, "link/complete") == {409}


@example("completion-flow", "bound")
def _(client: DialectClient) -> None:
    assert complete_against_flow(client, "link/complete") == {409}


@example("completion-flow", "free")
def _(client: DialectClient) -> None:
    assert complete_against_flow(client, "link/complete") == {200}
    assert complete_against_flow(client, "link/update") == {409}


def count_after_two_completions(client: DialectClient) -> int:
    task = client.add_task(status="running")
    body = {"link_id": task["id"], "link_post": "https://post.example"}
    first, second = (client.post("/callback/link/complete", body) for _ in range(2))
    assert first == second
    assert first.status == 200
    return client.created_links(task)


@example("complete-twice", "once")
def _(client: DialectClient) -> None:
    assert count_after_two_completions(client) == 1


@example("complete-twice", "twice")
def _(client: DialectClient) -> None:
    assert count_after_two_completions(client) == 2
