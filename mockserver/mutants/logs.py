"""Mutants with wrong checks or counts of logs."""

from __future__ import annotations

from workerkit.mockserver.mutants.mutant import Json, broken, broken_spec
from workerkit.mockserver.mutants.patches import change_answer

_LOGS = "sendLogs"


def _batch(root: Json) -> Json:
    schema: Json = root["components"]["schemas"]["LogBatch"]["properties"]["logs"]
    return schema


def _levels(root: Json) -> list[str]:
    schema: list[str] = root["components"]["schemas"]["LogLevel"]["enum"]
    return schema


@broken_spec(
    "logs-take-501",
    "A request with 501 log entries is accepted, but 500 is the most.",
    "logs",
    "bad-request",
    operations=(_LOGS,),
)
def _more(root: Json) -> None:
    _batch(root).update(maxItems=501)


@broken_spec(
    "logs-take-any-number",
    "A request with any number of log entries is accepted, but 500 is the most.",
    "logs",
    "bad-request",
    operations=(_LOGS,),
)
def _any(root: Json) -> None:
    _batch(root).pop("maxItems")


@broken_spec(
    "logs-take-499-at-most",
    "A request with 500 log entries is refused, but 500 are allowed.",
    "logs",
    operations=(_LOGS,),
)
def _less(root: Json) -> None:
    _batch(root).update(maxItems=499)


@broken_spec(
    "logs-take-100-at-most",
    "A request with more than 100 log entries is refused, but 500 are allowed.",
    "logs",
    operations=(_LOGS,),
)
def _hundred(root: Json) -> None:
    _batch(root).update(maxItems=100)


@broken_spec(
    "logs-take-trace",
    "Log entries with the level TRACE are stored, but there is no such level.",
    "logs-levels",
    "bad-request",
    operations=(_LOGS,),
)
def _trace(root: Json) -> None:
    _levels(root).append("TRACE")


@broken_spec(
    "logs-take-warning",
    "Log entries with the level WARNING are stored, but there is no such level.",
    "logs-levels",
    "bad-request",
    operations=(_LOGS,),
)
def _warning(root: Json) -> None:
    _levels(root).append("WARNING")


@broken_spec(
    "logs-take-any-level",
    "Log entries with any level are stored.",
    "logs-levels",
    "bad-request",
    operations=(_LOGS,),
)
def _anything(root: Json) -> None:
    root["components"]["schemas"]["LogLevel"] = {"type": "string"}


@broken_spec(
    "logs-refuse-warn",
    "Log entries with the level WARN are not stored.",
    "logs-levels",
    "logs",
    operations=(_LOGS,),
)
def _no_warn(root: Json) -> None:
    _levels(root).remove("WARN")


@broken_spec(
    "logs-refuse-debug",
    "Log entries with the level DEBUG are not stored.",
    "logs-levels",
    "logs",
    operations=(_LOGS,),
)
def _no_debug(root: Json) -> None:
    _levels(root).remove("DEBUG")


@broken_spec(
    "logs-take-plain-letters-only",
    "Log entries with letters outside of ASCII are not stored.",
    "logs",
    operations=(_LOGS,),
)
def _plain(root: Json) -> None:
    root["components"]["schemas"]["LogEntry"]["properties"]["message"]["pattern"] = "^[ -~]*$"


@broken(
    "logs-created-is-one-less",
    "created is one less than the number of stored log entries.",
    "logs-created",
    operations=(_LOGS,),
)
def _one_less() -> None:
    change_answer(_LOGS, lambda it: it.update(created=it["created"] - 1))


@broken(
    "logs-created-is-always-one",
    "created is always 1, however many log entries are stored.",
    "logs-created",
    operations=(_LOGS,),
)
def _always_one() -> None:
    change_answer(_LOGS, lambda it: it.update(created=1))


@broken(
    "logs-created-is-text",
    "created is text instead of a number.",
    "logs",
    "logs-created",
    operations=(_LOGS,),
)
def _text() -> None:
    change_answer(_LOGS, lambda it: it.update(created=str(it["created"])))


@broken("logs-without-success", "The answer to log entries lacks success.", "logs", operations=(_LOGS,))
def _no_success() -> None:
    change_answer(_LOGS, lambda it: it.pop("success"))


@broken("logs-crash", "Log entries are answered with 500.", "no-system-error", "logs", operations=(_LOGS,))
def _crash() -> None:
    change_answer(_LOGS, lambda it: it["entries"])
