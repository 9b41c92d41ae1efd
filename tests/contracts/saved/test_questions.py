"""The questions to the page's author: Markdown with what the server does, and a sentence for the page."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.contracts.report.test_text import report
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.silence_report import SilenceReport, silence_reports
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.run.observation import not_observed, observed
from workerkit.contracts.saved.questions import questions_text
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.silence import silences

TARGET = Target("http://host/api/v1/worker", "key-one")


def exchange(body: bytes, answer: bytes = b'{"success": false}') -> Exchange:
    headers = (("x-api-key", "key-one"), ("content-type", "application/json"))
    path = "/api/v1/worker/tasks/x"
    return Exchange(1, "updateTask", None, "PUT", path, "", headers, body, 400, (), answer, 0.0, 0.0)


def questions_of(ledger: Ledger, mask: Mask | None = None) -> str:
    reports = silence_reports(ledger, TARGET, mask or Mask([], salt=b""), "")
    return questions_text(replace(report(), silence_reports=reports))


def section(text: str, silence: str) -> str:
    """The part of the text about one silence."""
    (found,) = [part for part in re.split(r"^## ", text, flags=re.MULTILINE) if f"(`{silence}`)" in part]
    return found


def test_a_question_has_all_its_parts() -> None:
    ledger = Ledger()
    ledger.add_observation(observed("unknown-field", "reject", exchange(b'{"colour": "red"}')))
    text = section(questions_of(ledger), "unknown-field")
    assert text.startswith("1. API xử lý thế nào khi body có field không có trong tài liệu?\n")
    for part in (
        silences()["unknown-field"].question,
        silences()["unknown-field"].page,
        "The server answers 400.",
        'curl -i -X PUT http://host/api/v1/worker/tasks/x -H "X-API-Key: $LIKEPION_API_KEY"',
        '--data-raw \'{"colour": "red"}\'\nanswer: 400 {"success": false}\n',
        "> Nếu body có field không có trong tài liệu này, API trả về 400.\n",
        "> If the body has a field that is not in this document, the API returns 400.\n",
    ):
        assert part in text, part


def test_the_page_is_quoted_in_its_own_words() -> None:
    ledger = Ledger()
    ledger.add_observation(observed("limit-above-maximum", "clamp"))
    text = section(questions_of(ledger), "limit-above-maximum")
    assert "> 2. GET /tasks — Lấy danh sách tasks: limit \\| 100 \\| Số lượng (tối đa 1000) \\|\n" in text


def test_what_was_not_seen_is_an_open_question_at_the_end() -> None:
    ledger = Ledger({"retry": "automatic"})
    ledger.add_observation(observed("last-cursor", "null"))
    ledger.add_observation(not_observed("transitions", "no task for this probe"))
    text = questions_of(ledger)
    open_questions = text[text.index("## Những câu hỏi còn mở / Open questions") :]
    assert text.count("\n## ") == 2
    assert (
        "(`transitions`; no task for this probe)\n  - API không kiểm tra Task Status Flow" in open_questions
    )
    assert "(`retry`; `--dialect` says `automatic`)" in open_questions
    assert "(`last-cursor`" not in open_questions
    assert open_questions.count("\n- ") == len(silences()) - 1


def test_every_value_of_every_silence_can_be_a_question() -> None:
    for silence in silences().values():
        for value in silence.values:
            reports = (SilenceReport(silence.id, value, None, ""),)
            text = questions_text(replace(report(), silence_reports=reports))
            assert f"(`{value}`)" in text
            assert "Không có. / None." in text


def test_secrets_are_masked_and_text_of_the_server_stays_in_its_block() -> None:
    ledger = Ledger()
    answer = b"canary-1234 ```\n## 99. not a heading\x1b[31m"
    ledger.add_observation(observed("unknown-field", "reject", exchange(b'{"note": "canary-1234"}', answer)))
    ledger.add_observation(not_observed("transitions", "answered `x`\n## 98. canary-1234"))
    text = questions_of(ledger, Mask([("password", "canary-1234")], salt=b"x"))
    assert "canary" not in text
    assert "answered \\`x\\` " in text
    assert "\x1b" not in text
    assert "key-one" not in text
    assert re.findall(r"^## 9", text, re.MULTILINE) == []
    block = section(text, "unknown-field")
    assert block.count("\n````\n") == 2


def test_a_report_without_any_observation_has_only_open_questions() -> None:
    nothing: Report = replace(
        report(), silence_reports=silence_reports(Ledger(), TARGET, Mask([], salt=b""), "")
    )
    assert questions_text(nothing).count("\n## ") == 1
