"""The snippets in SQL do what they say, in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from workerkit.contracts.mending.server_mending import server_mendings

SCHEMA = """
CREATE TABLE servers (id TEXT, name TEXT, api_key TEXT, status TEXT);
CREATE TABLE accounts (id TEXT, status TEXT);
CREATE TABLE requests (id TEXT, status TEXT, created_links INTEGER);
CREATE TABLE tasks (
    id TEXT, server_id TEXT, request_id TEXT, service_type TEXT, status TEXT, created_at TEXT,
    completed_at TEXT, link_profile TEXT, link_post TEXT
);
INSERT INTO servers VALUES ('s1', 'server-01', 'key-1', 'online'), ('s3', 'server-03', 'key-3', 'offline');
INSERT INTO accounts VALUES ('a1', 'active');
INSERT INTO requests VALUES ('r1', 'running', 0);
INSERT INTO tasks (id, server_id, request_id, service_type, status, created_at, link_profile, link_post)
VALUES
    ('t1', 's1', 'r1', 'blog', 'pending', '10:00', 'profile-1', 'post-1'),
    ('t2', 's1', 'r1', 'entity', 'queued', '10:00', '', ''),
    ('t3', 's1', 'r1', 'blog', 'pending', '11:00', '', ''),
    ('t4', 's1', 'r1', 'blog', 'completed', '09:00', '', ''),
    ('t5', 's2', 'r1', 'blog', 'pending', '10:00', '', '');
"""
OWN = {"server": "s1", "limit": 2}
PAIRS: dict[str, list[tuple[dict[str, Any], list[tuple[Any, ...]]]]] = {
    "server-active": [({"key": "key-1"}, [("s1", "server-01")]), ({"key": "key-3"}, [])],
    "key-checked": [({"key": "key-1"}, [("s1", "server-01")]), ({"key": "key-1x"}, []), ({"key": "key"}, [])],
    "list": [({**OWN, "offset": 0}, [("t1",), ("t2",)]), ({**OWN, "offset": 2}, [("t3",)])],
    "list-page": [({**OWN, "page": 1}, [("t1",), ("t2",)]), ({**OWN, "page": 2}, [("t3",)])],
    "list-after": [({**OWN, "after": "t1"}, [("t2",), ("t3",)]), ({**OWN, "after": "t3"}, [])],
    "list-service-type": [
        ({**OWN, "service_type": "blog"}, [("t1",), ("t3",)]),
        ({**OWN, "service_type": None}, [("t1",), ("t2",)]),
    ],
    "list-total": [
        ({"server": "s1", "service_type": "blog"}, [(2,)]),
        ({"server": "s1", "service_type": None}, [(3,)]),
    ],
    "account-status": [({"id": "a1", "status": "closed"}, [("a1",)]), ({"id": "a2", "status": "closed"}, [])],
}
NOTHING = {"status": None, "link_profile": None, "link_post": None}
# The parameters of a change, and what a task or a request is like after it.
CHANGES: dict[str, list[tuple[dict[str, Any], str, tuple[Any, ...]]]] = {
    "update": [
        (
            {**NOTHING, "id": "t1", "server": "s1", "link_post": "new"},
            "SELECT status, link_profile, link_post FROM tasks WHERE id = 't1'",
            ("pending", "profile-1", "new"),
        )
    ],
    "update-links": [
        (
            {**NOTHING, "id": "t1"},
            "SELECT link_profile, link_post FROM tasks WHERE id = 't1'",
            ("profile-1", "post-1"),
        )
    ],
    "update-own-only": [
        (
            {"id": "t5", "server": "s1", "status": "running"},
            "SELECT status FROM tasks WHERE id = 't5'",
            ("pending",),
        ),
        (
            {"id": "t1", "server": "s1", "status": "running"},
            "SELECT status FROM tasks WHERE id = 't1'",
            ("running",),
        ),
    ],
    "link-complete": [
        (
            {"id": "t1", "server": "s1", "link_post": "new"},
            "SELECT tasks.status, link_post, created_links "
            "FROM tasks JOIN requests ON requests.id = request_id WHERE tasks.id = 't1'",
            ("completed", "new", 1),
        )
    ],
    "request-status": [
        ({"id": "r1", "status": "completed"}, "SELECT status FROM requests WHERE id = 'r1'", ("completed",))
    ],
}


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SCHEMA)
    yield connection
    connection.close()


def run(database: sqlite3.Connection, rule: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for statement in server_mendings()[rule].snippet.split(";\n"):
        if statement.strip():
            rows = database.execute(statement, parameters).fetchall()
    return rows


def test_each_snippet_in_sql_is_tried() -> None:
    in_sql = {rule for rule, mending in server_mendings().items() if mending.language == "sql"}
    assert in_sql == {*PAIRS, *CHANGES}


@pytest.mark.parametrize("rule", PAIRS)
def test_a_query_finds_what_the_rule_demands(rule: str, database: sqlite3.Connection) -> None:
    for parameters, expected in PAIRS[rule]:
        width = len(expected[0]) if expected else 1
        assert [row[:width] for row in run(database, rule, parameters)] == expected


@pytest.mark.parametrize("rule", CHANGES)
def test_a_change_does_what_the_rule_demands(rule: str, database: sqlite3.Connection) -> None:
    for parameters, query, expected in CHANGES[rule]:
        run(database, rule, parameters)
        assert database.execute(query).fetchone() == expected
