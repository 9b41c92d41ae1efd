"""The silences: matters that the API page leaves open. Each has a fixed list of values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.languages.phrase import phrase


@dataclass(frozen=True, slots=True)
class Silence:
    """A matter that the API page leaves open.

    id: the name of the silence, for example `last-cursor`.
    question: the open question.
    page: what the API page says about it, and what it does not say.
    values: the possible answers: a mapping from value to meaning. The default is the first one.
    default: the value that the mock uses when a dialect chooses none.
    seen: the way for a client to find out which value a server has.
    """

    id: str
    question: str
    page: str
    values: Mapping[str, str]
    default: str
    seen: str


@cache
def silences() -> Mapping[str, Silence]:
    """All silences by id, in the order of `silences.yaml`."""
    text = resources.files("workerkit.openapi").joinpath("silences.yaml").read_text("utf-8")
    entries = yaml_nodes.load(text, name="silences.yaml").plain()["silences"]
    return {silence_id: _silence(silence_id, **entry) for silence_id, entry in entries.items()}


def _silence(silence_id: str, *, page: str, seen: str, **entry: Any) -> Silence:
    return Silence(silence_id, page=phrase(page), seen=phrase(seen), **entry)
