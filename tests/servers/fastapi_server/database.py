"""Engine and transactions.

SQLite in WAL mode: readers never wait. A writing transaction takes the write lock at its start
(BEGIN IMMEDIATE), so that read-modify-write inside it cannot lose an update.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from .faults import fault
from .models import Base


class Database:
    def __init__(self, path: Path) -> None:
        # One connection is held for the time of one call in the thread pool (40 threads).
        pool: dict[str, Any] = {"pool_size": 40, "max_overflow": 10, "pool_timeout": 30}
        if fault("pool-exhausted"):
            pool = {"pool_size": 5, "max_overflow": 0, "pool_timeout": 0.5}
        busy_timeout = 0.0 if fault("db-locked-500") else 30.0
        self.engine = create_engine(
            f"sqlite:///{path}", connect_args={"timeout": busy_timeout, "check_same_thread": False}, **pool
        )
        event.listen(self.engine, "connect", _on_connect)
        event.listen(self.engine, "begin", _on_begin)
        self._reader = sessionmaker(self.engine, expire_on_commit=False)
        self._writer = sessionmaker(
            self.engine.execution_options(begin_with="BEGIN IMMEDIATE"), expire_on_commit=False
        )
        Base.metadata.create_all(self.engine)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self._reader() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        with self._writer.begin() as session:
            yield session


def _on_connect(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None  # BEGIN is sent by _on_begin
    cursor = dbapi_connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=OFF")  # the file is thrown away at the end
    cursor.close()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin_with", "BEGIN"))
