"""The page of all silences, made from `openapi/silences.yaml` and `openapi/proposed_sentences.yaml`."""

from __future__ import annotations

from docs.made_pages.markdown import introduction, table
from workerkit.openapi.languages.phrase import text_in
from workerkit.openapi.spec.proposed_sentence import meanings_of, question_of
from workerkit.openapi.spec.silence import Silence, silences

_COLUMNS = {"en": ("value", "meaning"), "vi": ("giá trị", "ý nghĩa")}
_LABELS = {
    "en": ("What the page says", "How a client sees it"),
    "vi": ("Tài liệu nói gì", "Client nhận ra bằng cách nào"),
}


def silences_page(language: str) -> str:
    """The page as Markdown."""
    entries = [_silence(silence, language) for silence in silences().values()]
    return "\n".join([introduction("silences", language), *entries])


def _silence(silence: Silence, language: str) -> str:
    rows = [(f"`{value}`", meaning.in_language(language)) for value, meaning in meanings_of(silence).items()]
    page_label, seen_label = _LABELS[language]
    return "\n".join(
        [
            f"## {silence.id}\n",
            f"{question_of(silence).in_language(language)}\n",
            table(_COLUMNS[language], rows),
            f"{page_label}: {text_in(silence.page, language)}\n",
            f"{seen_label}: {text_in(silence.seen, language)}\n",
        ]
    )
