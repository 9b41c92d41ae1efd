"""Capsules of earlier versions, read as those of the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.yaml_checks import number, sequence

_MOST_MILLISECONDS = 1e15


def _in_seconds(node: Node) -> Node:
    """Version 0 had times in milliseconds, and an answer that never came as `answer: null`."""
    if not isinstance(node.value, dict) or "exchanges" not in node.value:
        return node
    items = [_exchange(each) for each in sequence(node.value["exchanges"])]
    version, exchanges = node.value["capsule"], node.value["exchanges"]
    changed = {"capsule": replace(version, value=1), "exchanges": replace(exchanges, value=items)}
    return replace(node, value={**node.value, **changed})


def _exchange(node: Node) -> Node:
    if not isinstance(node.value, dict):
        return node
    value, keys = dict(node.value), dict(node.keys)
    for old, new in (("at_ms", "at"), ("took_ms", "took")):
        if old in value:
            was = value.pop(old)
            seconds = number(was, least=0, most=_MOST_MILLISECONDS) / 1000
            value[new], keys[new] = replace(was, value=seconds), replace(keys.pop(old), value=new)
    if "answer" in value and value["answer"].value is None:
        value["ending"] = replace(value.pop("answer"), value="hung")
        keys["ending"] = replace(keys.pop("answer"), value="ending")
    return replace(node, value=value, keys=keys)


UPGRADES: Mapping[int, Callable[[Node], Any]] = {0: _in_seconds}
