"""The dialect file that a run writes: observed values are choices, and the exchanges are in comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contracts.covering import pairwise_dialects
from tests.sampling import sampled
from workerkit.contracts.report.silence_report import dialect_text, silence_reports
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.run.observation import not_observed, observed
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.dialect import dialect_of, read_choices, read_dialect

TARGET = Target("http://target/api/v1/worker", "key-one")
NO_SECRETS = Mask([], salt=b"")


def text_of(ledger: Ledger, mask: Mask = NO_SECRETS) -> str:
    return dialect_text("http://target", silence_reports(ledger, TARGET, mask, ""))


def exchange(body: bytes) -> Exchange:
    path = "/api/v1/worker/tasks/x"
    return Exchange(1, None, None, "PUT", path, "", (), body, 400, (), b"", 0.0, 0.0)


@pytest.mark.parametrize("choices", sampled(pairwise_dialects(), every=1, ids=False))
def test_the_file_has_every_observed_value(tmp_path: Path, choices: dict[str, str]) -> None:
    ledger = Ledger()
    for silence, value in choices.items():
        ledger.add_observation(observed(silence, value))
    path = tmp_path / "dialect.yaml"
    path.write_text(text_of(ledger), "utf-8")
    assert read_dialect(path) == dialect_of(choices)
    assert read_choices(path) == choices


def test_the_file_has_only_observed_and_stated_values(tmp_path: Path) -> None:
    ledger = Ledger({"retry": "automatic"})
    ledger.add_observation(observed("last-cursor", "null"))
    ledger.add_observation(not_observed("transitions", "no task for this probe"))
    path = tmp_path / "dialect.yaml"
    path.write_text(text_of(ledger), "utf-8")
    assert read_choices(path) == {"last-cursor": "null", "retry": "automatic"}
    assert "# Not seen: no task for this probe." in text_of(ledger)
    assert "# Given by --dialect.\n# Not seen: given by --dialect.\nretry: automatic\n" in text_of(ledger)


def test_a_file_without_values_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "dialect.yaml"
    path.write_text(text_of(Ledger()), "utf-8")
    assert read_dialect(path) == dialect_of({})


def test_a_value_has_its_exchange_in_a_comment() -> None:
    ledger = Ledger()
    ledger.add_observation(observed("unknown-field", "reject", exchange(b'{"colour": "red"}')))
    assert '# Seen: PUT /tasks/x {"colour": "red"}: 400\nunknown-field: reject\n' in text_of(ledger)


def test_text_from_the_target_stays_inside_the_comment(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.add_observation(not_observed("bulk-missing-code", "the error is a\nretry: automatic\u2028b"))
    path = tmp_path / "dialect.yaml"
    path.write_text(text_of(ledger), "utf-8")
    assert read_choices(path) == {}


def test_a_secret_in_a_request_is_masked() -> None:
    ledger = Ledger()
    ledger.add_observation(observed("unknown-field", "reject", exchange(b'{"note": "canary-1234"}')))
    assert "canary-1234" not in text_of(ledger, Mask([("password", "canary-1234")], salt=b"x"))
