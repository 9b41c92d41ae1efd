"""Sentences that the author of the API page could add, one for each value of each silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.languages.phrase import Phrase, phrase_of
from workerkit.openapi.spec.silence import Silence


@dataclass(frozen=True, slots=True)
class ProposedSentence:
    """A sentence for the API page that describes one value of a silence.

    vi: the sentence in Vietnamese, in the style of the page.
    en: the same in English.
    """

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class ProposedSentences:
    """The sentences for one silence.

    question: the question of the silence, in Vietnamese.
    values: a sentence for each value.
    """

    question: str
    values: Mapping[str, ProposedSentence]


@cache
def proposed_sentences() -> Mapping[str, ProposedSentences]:
    """The sentences for all silences, by the silence's id."""
    name = "proposed_sentences.yaml"
    text = resources.files("workerkit.openapi").joinpath(name).read_text("utf-8")
    entries = yaml_nodes.load(text, name=name).plain()
    return {silence: _sentences(**entry) for silence, entry in entries.items()}


def question_of(silence: Silence) -> Phrase:
    """The question of a silence. In Vietnamese it is in the style of the API page."""
    return phrase_of(silence.question, vi=proposed_sentences()[silence.id].question)


def meanings_of(silence: Silence) -> Mapping[str, Phrase]:
    """What each value of a silence means. In Vietnamese these are the sentences for the API page."""
    sentences = proposed_sentences()[silence.id].values
    return {value: phrase_of(text, vi=sentences[value].vi) for value, text in silence.values.items()}


def _sentences(*, question: str, values: Mapping[str, Mapping[str, Any]]) -> ProposedSentences:
    return ProposedSentences(
        question, {value: ProposedSentence(**sentence) for value, sentence in values.items()}
    )
