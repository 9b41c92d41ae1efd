"""The sentences of the API page."""

from __future__ import annotations

import pytest

from workerkit.openapi.asked import KINDS
from workerkit.openapi.page.page import Sentence, page_sections
from workerkit.openapi.spec.api import worker_api

SENTENCES = [sentence for section in page_sections() for sentence in section.sentences]


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.gist)
def test_what_exercises_a_sentence_exists(sentence: Sentence) -> None:
    exercise = sentence.exercised_by
    if exercise is not None:
        assert set(exercise.operations) <= set(worker_api().operations)
        assert exercise.asked in ("", *KINDS)


def test_the_same_sentence_is_on_the_page_once() -> None:
    assert len(set(SENTENCES)) == len(SENTENCES)
