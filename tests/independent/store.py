"""The database: SQLite in memory, with one connection and one transaction at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tests.independent.call import Record

_SCHEMA = """
CREATE TABLE servers (
    id TEXT PRIMARY KEY, name TEXT, api_key TEXT UNIQUE, status TEXT, seen REAL
);
CREATE TABLE requests (
    id TEXT PRIMARY KEY, name TEXT, website TEXT, type TEXT, auction_price INTEGER, config TEXT,
    status TEXT DEFAULT 'running', created_links INTEGER DEFAULT 0
);
CREATE TABLE accounts (
    id TEXT PRIMARY KEY, email TEXT, username TEXT, password TEXT, about TEXT, status TEXT DEFAULT 'new'
);
CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    server_id TEXT, request_id TEXT, account_id TEXT,
    service_type TEXT, site_id TEXT, site_name TEXT, status TEXT,
    link_profile TEXT DEFAULT '', link_post TEXT DEFAULT '', error_message TEXT, note TEXT,
    is_indexed INTEGER, retry_count INTEGER DEFAULT 0, max_retries INTEGER DEFAULT 3,
    details TEXT, created_at REAL, started_at REAL, completed_at REAL
);
CREATE INDEX of_server ON tasks (server_id, created_at, id);
CREATE TABLE logs (server_id TEXT, level TEXT, message TEXT);
"""


class Store:
    """All data of the server. Statements run in `transaction`. Only one thread can be in it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._connection.row_factory = _record
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Runs the `with` block in a transaction. An exception undoes its changes."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def one(self, statement: str, *values: object) -> Record:
        """Returns the first row of a query.

        Raises LookupError if there is none.
        """
        with self.transaction() as db:
            row = first(db, statement, *values)
        if row is None:
            raise LookupError(f"no row of {statement!r} with {values!r}")
        return row

    def close(self) -> None:
        self._connection.close()


def first(db: sqlite3.Connection, statement: str, *values: object) -> Record | None:
    """Returns the first row of a query, as values by column. None if there is no row."""
    row: Record | None = db.execute(statement, values).fetchone()
    return row


def rows(db: sqlite3.Connection, statement: str, values: Iterable[object] = ()) -> list[Record]:
    """Returns all rows of a query."""
    return db.execute(statement, tuple(values)).fetchall()


def insert(db: sqlite3.Connection, table: str, record: Record) -> None:
    names = ", ".join(record)
    marks = ", ".join("?" for _ in record)
    db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(record.values()))


def write(db: sqlite3.Connection, table: str, identity: str, changes: Record) -> None:
    """Sets the columns in `changes`. Empty `changes` change nothing."""
    if changes:
        names = ", ".join(f"{name} = ?" for name in changes)
        db.execute(f"UPDATE {table} SET {names} WHERE id = ?", (*changes.values(), identity))


def _record(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> Record:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
