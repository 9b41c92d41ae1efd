"""How a worker shows that something is wrong: its exit code, its logs, its failed tasks, its output."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from workerkit.mockserver.mutation.sign import Sign
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse
from workerkit.scenarios.run_record.run import Run

_TROUBLE_LEVELS = ("WARN", "WARNING", "ERROR", "FATAL", "CRITICAL")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"\d+([.,:]\d+)*")
_MAX_LENGTH = 100


def worker_signs(run: Run, output: str) -> Iterator[Sign]:
    """The signs of a run, the most important first. They contain secrets.

    Ids and numbers are left out of the texts, so that equal signs of two runs are equal.

    output: what the worker printed.
    """
    if run.exit_code:
        yield Sign("exit-code", str(run.exit_code))
    for exchange in (*run.exchanges, *run.leaving):
        yield from (Sign("log", general_text(text)) for text in _logged_trouble(exchange))
    yield from (Sign("failed-task", text) for text in _failures(run.tasks, run.server))
    yield from (Sign("prints", general_text(line)) for line in output.splitlines() if line.strip())


def general_text(text: str) -> str:
    """A text without ids and numbers, at most 100 characters long."""
    general = _NUMBER.sub("N", _UUID.sub("ID", text)).strip()
    return general if len(general) <= _MAX_LENGTH else general[: _MAX_LENGTH - 3] + "..."


def _logged_trouble(exchange: Exchange) -> Iterator[str]:
    """The level and the message of each entry that tells of trouble."""
    if exchange.operation != "sendLogs":
        return
    try:
        body = parse(exchange.request_body)
    except MalformedJsonError:
        return
    entries = body.get("logs") if isinstance(body, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and str(entry.get("level")).upper() in _TROUBLE_LEVELS:
            yield f"{entry['level']} {entry.get('message', '')}"


def _failures(tasks: Iterable[Mapping[str, object]], server: str) -> Iterator[str]:
    for task in tasks:
        if task["server"] == server and task["status"] == "failed":
            yield general_text(str(task.get("error_message") or ""))
