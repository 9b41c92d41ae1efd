"""The probes see each choice of a server that has no code in common with the mock."""

from __future__ import annotations

import pytest

from tests.independent.trial import trial
from tests.independent.variants import VARIANTS
from workerkit.openapi.spec.silence import silences

# The tour, and all probes after it.
PROBED = 260
# Shown by no answer, by one only to a server that is strict about the flow, or by one after a wait.
HIDDEN = {"complete-twice", "heartbeat-silence"}
OF_THE_STRICT = {"refused-transition", "link-update-flow", "completion-flow"}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_choice_is_seen_for_what_it_is(name: str) -> None:
    choices = VARIANTS[name]
    hidden = HIDDEN | (OF_THE_STRICT if choices.transitions == "lenient" else set())
    made = {silence: str(getattr(choices, silence.replace("-", "_"))) for silence in silences()}
    seen = dict(trial(choices, most=PROBED).silences)
    assert seen == {each: None if each in hidden else value for each, value in made.items()}
