"""Judgement: is a rule kept, broken or untested, and which of its findings does the report have?"""

from __future__ import annotations

from workerkit.contracts.page.rules import RULES, RuleStatus
from workerkit.contracts.report.cause import distinct_findings
from workerkit.contracts.report.judgement import MAX_FINDINGS, judge_rule
from workerkit.contracts.report.rule_report import RuleReport
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask

TARGET = Target("http://host/api/v1/worker", "key-one")
RULE = next(rule for rule in RULES if rule.id == "list")
ID, OTHER_ID = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b", "e4c6a8b0-3d5f-4e7a-9b2c-0d1e2f3a4b5c"


def exchange(number: int, operation: str = "listTasks") -> Exchange:
    path = "/api/v1/worker/tasks"
    return Exchange(number, operation, None, "GET", path, "", (), b"", 200, (), b"{}", 0.0, 0.0)


def judged(ledger: Ledger, end_reason: str = "", mask: Mask | None = None) -> RuleReport:
    return judge_rule(RULE, ledger, TARGET, mask or Mask([], salt=b""), end_reason)


def test_a_rule_with_a_finding_is_broken_although_another_check_found_it_kept() -> None:
    ledger = Ledger()
    ledger.mark_kept("list")
    assert judged(ledger).status is RuleStatus.KEPT
    ledger.mark_broken("list", "no total", [exchange(7)])
    report = judged(ledger)
    assert (report.status, report.why, report.more) == (RuleStatus.BROKEN, "no total", 0)
    assert [flaw.exchanges for flaw in report.flaws] == [(7,)]


def test_a_finding_of_another_rule_does_not_break_the_rule() -> None:
    ledger = Ledger()
    ledger.mark_broken("list-total", "no total", [exchange(7)])
    assert judged(ledger).status is RuleStatus.UNTESTED


def test_an_untested_rule_has_its_own_reason_before_the_end_of_the_run() -> None:
    ledger = Ledger()
    assert judged(ledger).why.startswith("no request of this run tested this rule: allow more requests")
    assert judged(ledger, "the run was interrupted").why == "the run was interrupted"
    ledger.mark_untested("list", "needs --other-api-key")
    assert judged(ledger, "the run was interrupted").why == "needs --other-api-key"


def test_findings_that_differ_in_ids_numbers_statuses_and_values_have_one_cause() -> None:
    ledger = Ledger()
    ledger.mark_broken("list", f"task {ID} is at place 3, not 'a' and running", [exchange(1)])
    ledger.mark_broken("list", f"task {OTHER_ID} is at place 40, not 'b' and failed", [exchange(2)])
    assert len(distinct_findings("list", ledger)) == 1
    ledger.mark_broken("list", f"task {ID} is missing", [exchange(3)])
    assert len(distinct_findings("list", ledger)) == 2


def test_the_same_message_for_two_operations_has_two_causes() -> None:
    ledger = Ledger()
    for number, operation in enumerate(("listTasks", "updateTask", "updateTask"), 1):
        ledger.mark_broken("list", "answered 500, expected 2xx", [exchange(number, operation)])
    assert [finding.exchanges[0].number for finding in distinct_findings("list", ledger)] == [1, 2]


def test_the_finding_with_the_fewest_exchanges_is_reported() -> None:
    ledger = Ledger()
    ledger.mark_broken("list", "task 1 is missing", [exchange(1), exchange(2), exchange(3)])
    ledger.mark_broken("list", "task 2 is missing", [exchange(4)])
    ledger.mark_broken("list", "task 3 is missing", [exchange(5), exchange(6)])
    assert [flaw.message for flaw in judged(ledger).flaws] == ["task 2 is missing"]


def test_more_causes_than_the_maximum_are_only_counted() -> None:
    ledger = Ledger()
    words = ["x" * length for length in range(1, MAX_FINDINGS + 3)]
    for number, word in enumerate(words, 1):
        ledger.mark_broken("list", f"{word} is missing", [exchange(99), exchange(number)])
    report = judged(ledger)
    assert [flaw.message for flaw in report.flaws] == [f"{word} is missing" for word in words[:MAX_FINDINGS]]
    assert report.more == 2
    assert report.why.endswith("(and 2 more)")
    # Each exchange only once, in order, and none of the causes that are only counted.
    assert [evidence.number for evidence in report.evidence] == [*range(1, MAX_FINDINGS + 1), 99]


def test_secrets_in_a_message_are_masked() -> None:
    ledger = Ledger()
    ledger.mark_broken("list", "the password is canary-1234", [exchange(1)])
    report = judged(ledger, mask=Mask([("password", "canary-1234")], salt=b"x"))
    assert "canary" not in report.why + report.flaws[0].message
