"""POST /callback/link/update: what each value of its silence changes."""

from __future__ import annotations

import pytest

from tests.mockserver.dialects.dialect_client import DialectClient, OpenClient, complete_against_flow
from tests.mockserver.dialects.examples import Examples

EXAMPLES = Examples()
example = EXAMPLES.add


@example("link-update-flow", "bound")
def _(client: DialectClient) -> None:
    assert complete_against_flow(client, "link/update") == {409}


@example("link-update-flow", "free")
def _(client: DialectClient) -> None:
    assert complete_against_flow(client, "link/update") == {200}
    assert complete_against_flow(client, "link/complete") == {409}


@pytest.mark.parametrize(("silence", "value"), EXAMPLES.pairs())
def test_a_world_behaves_as_its_dialect_says(open_client: OpenClient, silence: str, value: str) -> None:
    EXAMPLES.check(open_client, silence, value)


@pytest.mark.parametrize(("silence", "value"), EXAMPLES.pairs())
def test_worlds_with_other_values_behave_differently(
    open_client: OpenClient, silence: str, value: str
) -> None:
    EXAMPLES.check_other_values(open_client, silence, value)


@pytest.mark.parametrize("silence", EXAMPLES.silences())
def test_without_a_choice_the_default_value_is_used(open_client: OpenClient, silence: str) -> None:
    EXAMPLES.check_default(open_client, silence)
