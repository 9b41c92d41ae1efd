"""Questions to the author of the API page, as Markdown: what it leaves open, and what this server does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from workerkit.contracts.report.evidence import Evidence
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.silence_report import SilenceReport
from workerkit.contracts.report.text import answer_text
from workerkit.openapi.formats.visible_text import visible_line, visible_text
from workerkit.openapi.page.page import Section, Sentence, page_sections
from workerkit.openapi.spec.proposed_sentence import proposed_sentences
from workerkit.openapi.spec.silence import silences

_HEAD = """\
# Câu hỏi về trang Worker API / Questions about the Worker API page

Server: {target}

Trang Worker API chưa nói rõ những điểm dưới đây. Với mỗi điểm: câu hỏi, nội dung hiện có trên trang, cách
server này đang xử lý, và một câu đề xuất để thêm vào trang. Nếu server nên xử lý khác, xin hãy sửa câu đề
xuất. API key, password và email đã được che.

The Worker API page leaves the points below open. For each point: the question, what the page says, what this
server does, and a proposed sentence for the page. If the server should do something else, please change the
sentence. Keys, passwords and e-mail addresses are masked.
"""
_OPEN = """\
## Những câu hỏi còn mở / Open questions

Lần chạy này không cho thấy server xử lý những điểm dưới đây thế nào.
This run did not show what the server does at these points.
"""
_NOTHING = "Không có. / None.\n"
_ANY_FENCE = re.compile(r"`{3,}")


def questions_text(report: Report) -> str:
    """The Markdown text. Silences with an observed value come first, in the order of `silences.yaml`.

    It contains no secrets, because the report contains none.
    """
    observed = [silence for silence in report.silence_reports if silence.observed is not None]
    others = [silence for silence in report.silence_reports if silence.observed is None]
    questions = [_question(number, silence) for number, silence in enumerate(observed, 1)]
    open_questions = "".join(map(_open_question, others)) or _NOTHING
    return "\n".join([_HEAD.format(target=report.target), *questions, _OPEN, open_questions])


def _question(number: int, report: SilenceReport) -> str:
    silence, proposed = silences()[report.silence], proposed_sentences()[report.silence]
    sentence = proposed.values[str(report.observed)]
    parts = [
        f"## {number}. {proposed.question}",
        f"{silence.question} (`{silence.id}`)",
        "**Trên trang / On the page**",
        *_page_quotes(silence.id),
        silence.page,
        f"**Server này / This server** (`{report.observed}`)",
        silence.values[str(report.observed)],
        *([f"{_capital(report.why)}."] if report.why else []),
        *_exchanges(report.exchanges),
        "**Câu đề xuất / Proposed sentence**",
        f"> {sentence.vi}",
        f"> {sentence.en}",
    ]
    return "\n\n".join(parts) + "\n"


def _open_question(report: SilenceReport) -> str:
    silence, proposed = silences()[report.silence], proposed_sentences()[report.silence]
    why = f"`--dialect` says `{report.stated}`" if report.stated else _inline(report.why)
    sentences = "".join(f"  - {sentence.vi} / {sentence.en}\n" for sentence in proposed.values.values())
    return f"- {proposed.question} / {silence.question} (`{silence.id}`; {why})\n{sentences}"


def _page_quotes(silence: str) -> Iterator[str]:
    """The first sentence of the API page that leaves the silence open, with the heading of its section."""
    for section, sentence in _open_sentences():
        if silence in sentence.silences:
            yield f"> {_escaped(section.heading)}: {_escaped(sentence.text)}"
            return


def _open_sentences() -> Iterator[tuple[Section, Sentence]]:
    for section in page_sections():
        yield from ((section, sentence) for sentence in section.sentences)


def _exchanges(exchanges: Iterable[Evidence]) -> Iterator[str]:
    lines = [line for exchange in exchanges for line in (f"$ {exchange.curl}", answer_text(exchange))]
    if lines:
        yield _fenced("\n".join(map(visible_line, lines)))


def _fenced(text: str) -> str:
    """The text as a code block. Its fence is longer than each row of backticks in the text."""
    fence = "`" * max(3, *(len(row) + 1 for row in _ANY_FENCE.findall(text)), 3)
    return f"{fence}\n{text}\n{fence}"


def _capital(text: str) -> str:
    return _inline(text[:1].upper() + text[1:])


def _inline(text: str) -> str:
    return _escaped(" ".join(visible_text(text).split()))


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", text)
