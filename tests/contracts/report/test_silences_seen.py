"""What was learnt, written down: a dialect file that says what was seen, and how."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contracts.covering import pairwise
from workerkit.contracts.report.silences_seen import as_dialect, learnt
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.run.observation import seen, unseen
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.dialect import dialect_of, read_choices, read_dialect
from workerkit.openapi.spec.silence import silences

VALUES = {each.id: list(each.values) for each in silences().values()}
NO_SECRETS = Mask([], salt=b"")


def text_of(ledger: Ledger, mask: Mask = NO_SECRETS) -> str:
    return as_dialect("http://target", learnt(ledger, mask, ""))


def exchange(path: str, query: str = "", body: bytes = b"") -> Exchange:
    return Exchange(1, None, None, "PUT", f"/api/v1/worker{path}", query, (), body, 400, (), b"", 0.0, 0.0)


@pytest.mark.parametrize("choices", [pytest.param(each, id="") for each in pairwise(VALUES)])
def test_the_file_says_what_was_seen(tmp_path: Path, choices: dict[str, str]) -> None:
    ledger = Ledger()
    for silence, value in choices.items():
        ledger.note(seen(silence, value))
    path = tmp_path / "dialect.yaml"
    path.write_text(text_of(ledger), "utf-8")
    assert read_dialect(path) == dialect_of(choices)
    assert read_choices(path) == choices


def test_only_what_was_seen_or_stated_is_a_choice(tmp_path: Path) -> None:
    ledger = Ledger({"retry": "automatic"})
    ledger.note(seen("last-cursor", "null"))
    ledger.note(unseen("transitions", "no task to try it on"))
    path = tmp_path / "dialect.yaml"
    path.write_text(text_of(ledger), "utf-8")
    assert read_choices(path) == {"last-cursor": "null", "retry": "automatic"}
    assert "# Not seen: no task to try it on." in text_of(ledger)


def test_where_nothing_was_seen_the_file_can_be_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "dialect.yaml"
    path.write_text(text_of(Ledger()), "utf-8")
    assert read_dialect(path) == dialect_of({})


def test_each_value_stands_beside_the_exchange_that_shows_it() -> None:
    ledger = Ledger()
    ledger.note(seen("unknown-field", "reject", exchange("/tasks/x", body=b'{"colour": "red"}')))
    assert '# Seen: PUT /tasks/x {"colour": "red"}: 400\nunknown-field: reject\n' in text_of(ledger)


def test_the_targets_words_stay_in_their_comment(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.note(unseen("bulk-missing-code", "the error is a\nretry: automatic\u2028b"))
    path = tmp_path / "dialect.yaml"
    path.write_text(text_of(ledger), "utf-8")
    assert read_choices(path) == {}


def test_a_secret_in_a_request_is_not_written() -> None:
    ledger = Ledger()
    ledger.note(seen("unknown-field", "reject", exchange("/tasks/x", body=b'{"note": "canary-1234"}')))
    assert "canary-1234" not in text_of(ledger, Mask([("password", "canary-1234")], salt=b"x"))
