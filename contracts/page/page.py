"""The page, sentence by sentence: what it promises, what it leaves open, and what holds a server to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from workerkit.openapi.formats import yaml_nodes


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, table row or line of an example, word for word, and in English its `gist`.

    It is the source of `rule`, or of none; `rules` are all that hold a server to it, by their ids, and
    `silences` what it leaves open. `no_promise` says why it has neither, or is empty.
    """

    text: str
    gist: str
    rule: str | None = None
    also: tuple[str, ...] = ()
    silences: tuple[str, ...] = ()
    no_promise: str = ""

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of all rules that hold a server to it, that whose source it is first."""
        return (*([self.rule] if self.rule else []), *self.also)

    @property
    def bilingual(self) -> str:
        """The sentence, with its English gist in brackets."""
        return f"{self.text} ({self.gist.rstrip('.,:')})"


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under a heading of the page; `gist` is the heading in English."""

    heading: str
    gist: str
    sentences: tuple[Sentence, ...]


@cache
def page() -> tuple[Section, ...]:
    """The sections in the page's order, of `page.yaml`, which alone says what there is."""
    text = resources.files("workerkit.contracts.page").joinpath("page.yaml").read_text("utf-8")
    return tuple(_section(**entry) for entry in yaml_nodes.load(text, name="page.yaml").plain())


def _section(*, heading: str, gist: str, sentences: list[dict[str, Any]]) -> Section:
    return Section(heading, gist, tuple(_sentence(**sentence) for sentence in sentences))


def _sentence(*, also: Iterable[str] = (), silences: Iterable[str] = (), **rest: Any) -> Sentence:
    return Sentence(also=tuple(also), silences=tuple(silences), **rest)
