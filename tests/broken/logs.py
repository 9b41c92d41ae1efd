"""Mutants with wrong checks or counts of logs."""

from __future__ import annotations

from tests.broken.mutant import Json, broken, broken_spec
from tests.broken.patches import change_answer

_LOGS = "sendLogs"


def _batch(root: Json) -> Json:
    schema: Json = root["components"]["schemas"]["LogBatch"]["properties"]["logs"]
    return schema


def _levels(root: Json) -> list[str]:
    schema: list[str] = root["components"]["schemas"]["LogLevel"]["enum"]
    return schema


@broken_spec("logs-take-501", "logs", "bad-request")
def _more(root: Json) -> None:
    _batch(root).update(maxItems=501)


@broken_spec("logs-take-any-number", "logs", "bad-request")
def _any(root: Json) -> None:
    _batch(root).pop("maxItems")


@broken_spec("logs-take-499-at-most", "logs")
def _less(root: Json) -> None:
    _batch(root).update(maxItems=499)


@broken_spec("logs-take-100-at-most", "logs")
def _hundred(root: Json) -> None:
    _batch(root).update(maxItems=100)


@broken_spec("logs-take-trace", "logs-levels", "bad-request")
def _trace(root: Json) -> None:
    _levels(root).append("TRACE")


@broken_spec("logs-take-warning", "logs-levels", "bad-request")
def _warning(root: Json) -> None:
    _levels(root).append("WARNING")


@broken_spec("logs-take-any-level", "logs-levels", "bad-request")
def _anything(root: Json) -> None:
    root["components"]["schemas"]["LogLevel"] = {"type": "string"}


@broken_spec("logs-refuse-warn", "logs-levels", "logs")
def _no_warn(root: Json) -> None:
    _levels(root).remove("WARN")


@broken_spec("logs-refuse-debug", "logs-levels", "logs")
def _no_debug(root: Json) -> None:
    _levels(root).remove("DEBUG")


@broken_spec("logs-take-plain-letters-only", "logs")
def _plain(root: Json) -> None:
    root["components"]["schemas"]["LogEntry"]["properties"]["message"]["pattern"] = "^[ -~]*$"


@broken("logs-created-is-one-less", "logs-created")
def _one_less() -> None:
    change_answer(_LOGS, lambda it: it.update(created=it["created"] - 1))


@broken("logs-created-is-always-one", "logs-created")
def _always_one() -> None:
    change_answer(_LOGS, lambda it: it.update(created=1))


@broken("logs-created-is-text", "logs", "logs-created")
def _text() -> None:
    change_answer(_LOGS, lambda it: it.update(created=str(it["created"])))


@broken("logs-without-success", "logs")
def _no_success() -> None:
    change_answer(_LOGS, lambda it: it.pop("success"))


@broken("logs-crash", "no-system-error", "logs")
def _crash() -> None:
    change_answer(_LOGS, lambda it: it["entries"])
