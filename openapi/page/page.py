"""The sentences of the API page, each with its rules and silences. The data is in `page.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.languages.phrase import Phrase, phrase

_PAGE_LANGUAGE = "vi"


@dataclass(frozen=True, slots=True)
class Exercise:
    """Which requests of a worker exercise a sentence. All conditions have to hold.

    operations: the request has one of these operations. Empty: any operation.
    asked: what the request asks, see `Asked.kind`. Empty: anything.
    sent: a parameter or a field of the request. Empty: none is needed.
    status: the status of the answer. None: any status.
    answered: a text in the body of the answer. Empty: none is needed.
    """

    operations: tuple[str, ...] = ()
    asked: str = ""
    sent: str = ""
    status: int | None = None
    answered: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, table row or example line of the API page.

    text: the original text, word for word.
    gist: the same in English; in a report in Vietnamese the original text.
    rule: the id of the rule that has this sentence as its source, or None.
    also: the ids of further rules that check this sentence.
    silences: the ids of the silences: the matters that this sentence leaves open.
    no_promise: why the sentence has no rule and no silence, or an empty text.
    exercised_by: which requests of a worker exercise the sentence. None if no request can.
    """

    text: str
    gist: str
    rule: str | None = None
    also: tuple[str, ...] = ()
    silences: tuple[str, ...] = ()
    no_promise: str = ""
    exercised_by: Exercise | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of all rules that check this sentence. The rule in `rule` comes first."""
        return (*([self.rule] if self.rule else []), *self.also)

    @property
    def bilingual(self) -> str:
        """The original text, followed by the English text in brackets. In Vietnamese the original text."""
        return _page_phrase(f"{self.text} ({self.gist.rstrip('.,:')})", self.text)


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the API page.

    heading: the original heading.
    gist: the heading in English; in a report in Vietnamese the original heading.
    sentences: the sentences below the heading, in the order of the API page.
    """

    heading: str
    gist: str
    sentences: tuple[Sentence, ...]


@cache
def page_sections() -> tuple[Section, ...]:
    """All sections, in the order of the API page."""
    text = resources.files("workerkit.openapi.page").joinpath("page.yaml").read_text("utf-8")
    return tuple(_section(**entry) for entry in yaml_nodes.load(text, name="page.yaml").plain())


def _section(*, heading: str, gist: str, sentences: list[dict[str, Any]]) -> Section:
    return Section(
        heading, _page_phrase(gist, heading), tuple(_sentence(**sentence) for sentence in sentences)
    )


def _sentence(
    *,
    text: str,
    gist: str,
    rule: str | None = None,
    also: Iterable[str] = (),
    silences: Iterable[str] = (),
    no_promise: str = "",
    exercised_by: dict[str, Any] | None = None,
) -> Sentence:
    exercise = None if exercised_by is None else _exercise(**exercised_by)
    reason = phrase(no_promise) if no_promise else ""
    return Sentence(text, _page_phrase(gist, text), rule, tuple(also), tuple(silences), reason, exercise)


def _page_phrase(english: str, original: str) -> Phrase:
    """A text in English. In the language of the API page, it is the page's own text."""
    return Phrase(english, lambda language: original if language == _PAGE_LANGUAGE else english)


def _exercise(*, operation: str | list[str] = "", **conditions: Any) -> Exercise:
    operations = [operation] if isinstance(operation, str) and operation else operation
    return Exercise(tuple(operations), **conditions)
