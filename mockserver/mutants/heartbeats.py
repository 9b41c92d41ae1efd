"""Mutants with wrong answers to heartbeats."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

from workerkit.mockserver.mutants.mutant import Json, broken, broken_spec
from workerkit.mockserver.mutants.patches import change_answer, replace_answer

_HEARTBEAT = "heartbeat"


def _data(answer: Json, **fields: Any) -> None:
    answer["data"] = {**answer["data"], **fields}


@broken(
    "heartbeat-without-server-time",
    "The answer to a heartbeat lacks server_time.",
    "heartbeat",
    operations=(_HEARTBEAT,),
)
def _no_time() -> None:
    change_answer(_HEARTBEAT, lambda it: it["data"].pop("server_time"))


@broken(
    "heartbeat-time-is-no-time",
    "server_time in the answer to a heartbeat is not a time.",
    "heartbeat",
    operations=(_HEARTBEAT,),
)
def _odd_time() -> None:
    change_answer(_HEARTBEAT, lambda it: _data(it, server_time="just now"))


@broken(
    "heartbeat-time-is-a-number",
    "server_time in the answer to a heartbeat is a number instead of text.",
    "heartbeat",
    operations=(_HEARTBEAT,),
)
def _number() -> None:
    change_answer(_HEARTBEAT, lambda it: _data(it, server_time=1764583200))


@broken(
    "heartbeat-names-another-server",
    "The answer to a heartbeat names another server.",
    "heartbeat-name",
    operations=(_HEARTBEAT,),
)
def _other_name() -> None:
    change_answer(_HEARTBEAT, lambda it: _data(it, server_name="server-99"))


@broken(
    "heartbeat-without-a-name",
    "The answer to a heartbeat lacks server_name.",
    "heartbeat",
    "heartbeat-name",
    operations=(_HEARTBEAT,),
)
def _no_name() -> None:
    change_answer(_HEARTBEAT, lambda it: it["data"].pop("server_name"))


@broken(
    "heartbeat-id-changes",
    "server_id is another one in each answer to a heartbeat.",
    "heartbeat",
    "heartbeat-name",
    operations=(_HEARTBEAT,),
)
def _new_id() -> None:
    numbers = count(1)
    change_answer(_HEARTBEAT, lambda it: _data(it, server_id=str(UUID(int=next(numbers), version=4))))


@broken(
    "heartbeat-status-is-not-ok",
    "status in the answer to a heartbeat is not ok.",
    "heartbeat",
    operations=(_HEARTBEAT,),
)
def _status() -> None:
    change_answer(_HEARTBEAT, lambda it: _data(it, status="fine"))


@broken(
    "heartbeat-is-no-success",
    "success in the answer to a heartbeat is false.",
    "heartbeat",
    operations=(_HEARTBEAT,),
)
def _failure() -> None:
    change_answer(_HEARTBEAT, lambda it: it.update(success=False))


@broken(
    "heartbeat-answers-flat",
    "The answer to a heartbeat has its fields outside of data.",
    "heartbeat",
    operations=(_HEARTBEAT,),
)
def _flat() -> None:
    replace_answer(_HEARTBEAT, lambda answer, _: {"success": True, **answer["data"]})


@broken_spec(
    "heartbeat-takes-whole-percents-only",
    "A heartbeat whose cpu_usage has decimals is refused.",
    "heartbeat",
    operations=(_HEARTBEAT,),
)
def _whole(root: Json) -> None:
    root["components"]["schemas"]["Heartbeat"]["properties"]["cpu_usage"].update(multipleOf=1)


@broken_spec(
    "heartbeat-needs-a-version",
    "A heartbeat without version is refused, but version is optional.",
    "heartbeat",
    operations=(_HEARTBEAT,),
)
def _version(root: Json) -> None:
    root["components"]["schemas"]["Heartbeat"].update(required=["version"])


@broken_spec(
    "heartbeat-takes-text-for-numbers",
    "A heartbeat with text as ram_usage is accepted.",
    "bad-request",
    "heartbeat",
    operations=(_HEARTBEAT,),
)
def _text(root: Json) -> None:
    root["components"]["schemas"]["Heartbeat"]["properties"]["ram_usage"] = {}
