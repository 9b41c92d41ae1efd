"""The rules for servers quote the API page, and each operation has its rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from workerkit.contracts.page.rules import OPERATION_RULES, RULE_IDS, RULES, ServerRule
from workerkit.contracts.run.ledger import Ledger
from workerkit.openapi.spec.api import worker_api

PAGE = (Path(__file__).parents[1] / "worker-api.txt").read_text("utf-8")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_source_of_each_rule_is_on_the_api_page(rule: ServerRule) -> None:
    assert rule.source in PAGE


def test_no_two_rules_have_the_same_id() -> None:
    assert len(RULE_IDS) == len(RULES)


def test_every_operation_of_the_spec_has_a_main_rule() -> None:
    assert set(OPERATION_RULES) == set(worker_api().operations)
    assert set(OPERATION_RULES.values()) <= RULE_IDS


def test_a_result_of_an_unknown_rule_raises_an_error() -> None:
    with pytest.raises(KeyError):
        Ledger().record_check("no-such-rule", None)
