"""Every sentence of the page that promises something has its rules; every other one says why it has none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workerkit.contracts.page.page import Section, Sentence, page
from workerkit.contracts.page.rules import RULE_IDS, RULES, RuleStatus
from workerkit.contracts.report.rule_report import RuleReport
from workerkit.contracts.report.sentence_report import Standing, sentence_reports
from workerkit.contracts.report.silences_seen import SilenceSeen
from workerkit.openapi.spec.silence import silences

PAGE = (Path(__file__).parents[1] / "worker-api.txt").read_text("utf-8")
# What begins so belongs to an example: a curl line, a body, an answer; or rules off a table.
EXAMPLE = ("{", "}", '"', "]", "-", "curl", "|---", "# ")
# Over a table or an example.
CAPTIONS = ("Endpoints#", "Request Body:", "Query Parameters:", "Response:", "| Field |", "| Tham số |")
SENTENCES = [sentence for section in page() for sentence in section.sentences]


def parts(section: Section) -> list[str]:
    """The heading and the sentences; a heading that promises something is a sentence itself."""
    return list(dict.fromkeys([section.heading, *(sentence.text for sentence in section.sentences)]))


def test_nothing_of_the_page_is_left_out_or_stands_in_another_order() -> None:
    rest, between = PAGE, ""
    for part in (part for section in page() for part in parts(section)):
        before, found, rest = rest.partition(part)
        assert found, f"not on the page, or not in this place: {part}"
        between += before + "\n"
    left = [line.strip() for line in (between + rest).splitlines() if line.strip(" #")]
    assert [line for line in left if not line.startswith((*EXAMPLE, *CAPTIONS))] == []


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.text)
def test_a_sentence_has_rules_or_silences_or_the_reason_why_not(sentence: Sentence) -> None:
    assert bool(sentence.rules or sentence.silences) != bool(sentence.no_promise)
    assert set(sentence.rules) <= RULE_IDS
    assert set(sentence.silences) <= set(silences())
    assert sentence.gist.isascii()


def test_every_silence_hangs_on_a_sentence() -> None:
    assert {silence for sentence in SENTENCES for silence in sentence.silences} == set(silences())


def untested(why: str = "needs --other-api-key") -> dict[str, RuleReport]:
    return {rule.id: RuleReport(rule, RuleStatus.UNTESTED, why) for rule in RULES}


LEARNT = [SilenceSeen(silence, None, None, "no request shows it") for silence in silences()]


def standing(rules: dict[str, RuleReport], text: str) -> tuple[Standing, tuple[str, ...]]:
    reports = sentence_reports(list(rules.values()), LEARNT)
    return next((report.standing, report.why) for report in reports if report.sentence.text.startswith(text))


def test_a_sentence_is_broken_with_one_of_its_rules_and_kept_with_one_that_was_tested() -> None:
    rules, ip, name = untested(), "ip |", "server_name |"
    assert standing(rules, name) == (Standing.UNTESTED, ("needs --other-api-key",))
    rules["heartbeat"] = replace(rules["heartbeat"], status=RuleStatus.KEPT, why="")
    assert standing(rules, ip) == (Standing.KEPT, ())
    assert standing(rules, name) == (
        Standing.KEPT,
        ("heartbeat-name is untested: needs --other-api-key",),
    )
    rules["heartbeat-name"] = replace(rules["heartbeat-name"], status=RuleStatus.BROKEN, why="another name")
    assert standing(rules, ip) == (Standing.KEPT, ())
    assert standing(rules, name) == (Standing.BROKEN, ("heartbeat-name: another name",))


def test_a_sentence_without_a_rule_is_silent_or_says_why_it_promises_nothing() -> None:
    found, why = standing(untested(), "→ failed")
    assert (found, why[0]) == (Standing.SILENT, "retry: not seen, no request shows it")
    assert standing(untested(), "Base URL")[0] is Standing.NO_PROMISE
