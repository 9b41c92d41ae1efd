"""The report of one silence, and the text of the dialect file from all these reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workerkit.contracts.report.evidence import Evidence, evidence_of
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.run.observation import Observation
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.silence import silences

_MAX_BODY_LENGTH = 120
_MAX_EXCHANGES = 3
# YAML reads these values as null or as a number, so the file has them in quotes.
_QUOTED_VALUES = frozenset({"null", "400", "409"})


@dataclass(frozen=True, slots=True)
class SilenceReport:
    """The report of one silence.

    silence: the id of the silence.
    observed: the value that the run observed, or None.
    stated: the value that was given before the run, or None.
    why: the reason why no value was observed, or a note about the observed value, or an empty text.
    evidence: one line for each exchange that shows the observed value.
    exchanges: the same exchanges with their answers.
    """

    silence: str
    observed: str | None
    stated: str | None
    why: str
    evidence: tuple[str, ...] = ()
    exchanges: tuple[Evidence, ...] = ()


def silence_reports(
    ledger: Ledger, target: Target, mask: Mask, untested_reason: str
) -> tuple[SilenceReport, ...]:
    """A report for each silence, in the order of `silences.yaml`.

    untested_reason: the reason of every silence without a value that has no other reason, or an empty text.
    """
    return tuple(_silence_report(silence, ledger, target, mask, untested_reason) for silence in silences())


def dialect_text(target: str, reports: tuple[SilenceReport, ...]) -> str:
    """The text of a dialect file with all observed and stated values. Unknown values are comments."""
    head = f"# Behaviour of {target} that the API page leaves open. A conformance run observed it.\n"
    head += "# To start a mock with the same behaviour: workerkit serve --dialect FILE\n"
    entries = "\n".join(_entry(report) for report in reports)
    is_empty = all(report.observed is None and report.stated is None for report in reports)
    return head + "\n" + entries + ("\n{}\n" if is_empty else "")


def _silence_report(
    silence: str, ledger: Ledger, target: Target, mask: Mask, untested_reason: str
) -> SilenceReport:
    stated = ledger.stated.get(silence)
    default_reason = untested_reason or (
        "given by --dialect" if stated else "no request of this run shows it"
    )
    observation = ledger.observations.get(silence, Observation(silence, None, default_reason))
    shown_exchanges = observation.exchanges[:_MAX_EXCHANGES]
    evidence = tuple(mask.text(_line(exchange)) for exchange in shown_exchanges)
    exchanges = tuple(evidence_of(exchange, target, mask) for exchange in shown_exchanges)
    why = observation.why
    if stated is not None and observation.value not in (None, stated):
        why = f"--dialect says {stated}"
    # The reason may contain text from the target. On one line, this text stays inside the comment of the
    # file.
    why = " ".join(mask.text(why).split())
    return SilenceReport(silence, observation.value, stated, why, evidence, exchanges)


def _line(exchange: Exchange) -> str:
    query = f"?{exchange.query.replace('%2C', ',')}" if exchange.query else ""
    body = " ".join(exchange.request_body.decode("utf-8", "backslashreplace").split())
    if len(body) > _MAX_BODY_LENGTH:
        body = f"{body[:_MAX_BODY_LENGTH]}…"
    request = f"{exchange.method} {exchange.path.removeprefix(worker_api().base_path)}{query}"
    return f"{request}{' ' if body else ''}{body}: {exchange.status or 'no answer'}"


def _entry(report: SilenceReport) -> str:
    return "\n".join([*(f"# {line}" for line in _comment_lines(report)), _choice(report), ""])


def _comment_lines(report: SilenceReport) -> Iterator[str]:
    yield silences()[report.silence].question
    if report.stated is not None:
        yield "Given by --dialect."
    if report.observed is not None:
        yield from (f"Seen: {line}" for line in report.evidence)
    if report.why:
        yield f"{'Not seen' if report.observed is None else 'Note'}: {report.why}."


def _choice(report: SilenceReport) -> str:
    value = report.stated or report.observed
    if value is None:
        values = silences()[report.silence].values
        return f"# {report.silence}: {' | '.join(values)}"
    return f'{report.silence}: "{value}"' if value in _QUOTED_VALUES else f"{report.silence}: {value}"
