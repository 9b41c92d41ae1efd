"""Mutants with wrong answers to heartbeats."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

from tests.broken.mutant import Json, broken, broken_spec
from tests.broken.patches import change_answer, replace_answer

_HEARTBEAT = "heartbeat"


def _data(answer: Json, **fields: Any) -> None:
    answer["data"] = {**answer["data"], **fields}


@broken("heartbeat-without-server-time", "heartbeat")
def _no_time() -> None:
    change_answer(_HEARTBEAT, lambda it: it["data"].pop("server_time"))


@broken("heartbeat-time-is-no-time", "heartbeat")
def _odd_time() -> None:
    change_answer(_HEARTBEAT, lambda it: _data(it, server_time="just now"))


@broken("heartbeat-time-is-a-number", "heartbeat")
def _number() -> None:
    change_answer(_HEARTBEAT, lambda it: _data(it, server_time=1764583200))


@broken("heartbeat-names-another-server", "heartbeat-name")
def _other_name() -> None:
    change_answer(_HEARTBEAT, lambda it: _data(it, server_name="server-99"))


@broken("heartbeat-without-a-name", "heartbeat", "heartbeat-name")
def _no_name() -> None:
    change_answer(_HEARTBEAT, lambda it: it["data"].pop("server_name"))


@broken("heartbeat-id-changes", "heartbeat", "heartbeat-name")
def _new_id() -> None:
    numbers = count(1)
    change_answer(_HEARTBEAT, lambda it: _data(it, server_id=str(UUID(int=next(numbers), version=4))))


@broken("heartbeat-status-is-not-ok", "heartbeat")
def _status() -> None:
    change_answer(_HEARTBEAT, lambda it: _data(it, status="fine"))


@broken("heartbeat-is-no-success", "heartbeat")
def _failure() -> None:
    change_answer(_HEARTBEAT, lambda it: it.update(success=False))


@broken("heartbeat-answers-flat", "heartbeat")
def _flat() -> None:
    replace_answer(_HEARTBEAT, lambda answer, _: {"success": True, **answer["data"]})


@broken_spec("heartbeat-takes-whole-percents-only", "heartbeat")
def _whole(root: Json) -> None:
    root["components"]["schemas"]["Heartbeat"]["properties"]["cpu_usage"].update(multipleOf=1)


@broken_spec("heartbeat-needs-a-version", "heartbeat")
def _version(root: Json) -> None:
    root["components"]["schemas"]["Heartbeat"].update(required=["version"])


@broken_spec("heartbeat-takes-text-for-numbers", "bad-request", "heartbeat")
def _text(root: Json) -> None:
    root["components"]["schemas"]["Heartbeat"]["properties"]["ram_usage"] = {}
