"""The probes find out each choice of a server that shares no code with the mock."""

from __future__ import annotations

import pytest

from tests.independent.trial import trial
from tests.independent.variants import VARIANTS
from workerkit.openapi.spec.silence import silences

# Starts a server for each value of each silence.
pytestmark = pytest.mark.long

# Enough requests for all scripted tests and all probes.
PROBED = 290
# No answer shows `complete-twice`. To see `heartbeat-silence`, the run would have to wait.
HIDDEN = {"complete-twice", "heartbeat-silence"}
# Only a server that checks the status flow shows these.
ONLY_STRICT = {"refused-transition", "link-update-flow", "completion-flow"}

# The server has no choice in these.
ALWAYS = {
    **{"integer-spelling": "any", "loose-types": "reject", "link-format": "any", "missing-body": "reject"},
    **{"listing": "reads", "unknown-parameter": "ignore", "null-in-task": "as-shown"},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_each_choice_is_found_out(name: str) -> None:
    choices = VARIANTS[name]
    hidden = HIDDEN | (ONLY_STRICT if choices.transitions == "lenient" else set())
    if choices.heartbeat_fields == "required" and choices.empty_change == "reject":
        # A missing body and {} then always get the same answer.
        hidden = hidden | {"missing-body"}
    made = {
        silence: str(getattr(choices, silence.replace("-", "_"), ALWAYS.get(silence)))
        for silence in silences()
    }
    seen = dict(trial(choices, most=PROBED).observed_values)
    assert seen == {silence: None if silence in hidden else value for silence, value in made.items()}
