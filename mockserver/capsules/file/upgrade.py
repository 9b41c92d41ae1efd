"""Upgrades capsules of older versions of the file format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.scenarios.fields.yaml_checks import read_list, read_number

_MAX_MILLISECONDS = 1e15


def _from_version_0(node: Node) -> Node:
    """Version 0 had times in milliseconds, and `answer: null` if no answer came."""
    if not isinstance(node.value, dict) or "exchanges" not in node.value:
        return node
    upgraded = [_exchange(item) for item in read_list(node.value["exchanges"])]
    version, exchanges = node.value["capsule"], node.value["exchanges"]
    changes = {"capsule": replace(version, value=1), "exchanges": replace(exchanges, value=upgraded)}
    return replace(node, value={**node.value, **changes})


def _exchange(node: Node) -> Node:
    if not isinstance(node.value, dict):
        return node
    value, keys = dict(node.value), dict(node.keys)
    for old_key, new_key in (("at_ms", "at"), ("took_ms", "took")):
        if old_key in value:
            old = value.pop(old_key)
            seconds = read_number(old, minimum=0, maximum=_MAX_MILLISECONDS) / 1000
            value[new_key] = replace(old, value=seconds)
            keys[new_key] = replace(keys.pop(old_key), value=new_key)
    if "answer" in value and value["answer"].value is None:
        value["ending"] = replace(value.pop("answer"), value="hung")
        keys["ending"] = replace(keys.pop("answer"), value="ending")
    return replace(node, value=value, keys=keys)


UPGRADES: Mapping[int, Callable[[Node], Any]] = {0: _from_version_0}
