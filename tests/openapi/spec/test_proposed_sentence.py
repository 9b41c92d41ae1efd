"""The proposed sentences: two for each value of each silence."""

from __future__ import annotations

import re

import pytest

from workerkit.openapi.spec.proposed_sentence import proposed_sentences
from workerkit.openapi.spec.silence import Silence, silences

# Letters that only Vietnamese texts have.
VIETNAMESE = re.compile("[ăâđêôơưàảãáạèẻẽéẹìỉĩíịòỏõóọùủũúụỳỷỹýỵ\u1ea0-\u1ef9]", re.IGNORECASE)
CODE = re.compile(r"`[^`]*`")


@pytest.mark.parametrize("silence", silences().values(), ids=lambda silence: silence.id)
def test_every_value_has_both_sentences(silence: Silence) -> None:
    proposed = proposed_sentences()[silence.id]
    assert set(proposed.values) == set(silence.values)
    assert proposed.question.endswith("?")
    assert VIETNAMESE.search(proposed.question)
    for sentence in proposed.values.values():
        assert VIETNAMESE.search(CODE.sub("", sentence.vi))
        assert not VIETNAMESE.search(CODE.sub("", sentence.en))
        assert sentence.vi.endswith(".")
        assert sentence.en.endswith(".")
        # Both show the same values, names and examples.
        assert sorted(set(CODE.findall(sentence.vi))) == sorted(set(CODE.findall(sentence.en)))


@pytest.mark.parametrize("silence", silences().values(), ids=lambda silence: silence.id)
def test_the_sentences_of_a_silence_differ(silence: Silence) -> None:
    sentences = proposed_sentences()[silence.id].values.values()
    assert len({sentence.vi for sentence in sentences}) == len(silence.values)
    assert len({sentence.en for sentence in sentences}) == len(silence.values)
