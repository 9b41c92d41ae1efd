"""The silences: what the page leaves open, each with the closed set of its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from workerkit.openapi.formats import yaml_nodes


@dataclass(frozen=True, slots=True)
class Silence:
    """A matter that the page leaves open.

    `page` says where the page is silent, `values` what each value means, the default first, and `seen` how a
    client can see which one a server has.
    """

    id: str
    question: str
    page: str
    values: Mapping[str, str]
    default: str
    seen: str


@cache
def silences() -> Mapping[str, Silence]:
    """Every silence by its id, in the order of `silences.yaml`, which alone says what there is."""
    text = resources.files("workerkit.openapi").joinpath("silences.yaml").read_text("utf-8")
    entries = yaml_nodes.load(text, name="silences.yaml").plain()["silences"]
    return {name: Silence(name, **entry) for name, entry in entries.items()}
