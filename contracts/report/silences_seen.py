"""What a run has learnt of the silences: for the report, and as the file that makes the mock behave so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.run.observation import Observation
from workerkit.contracts.target.target import BASE_PATH
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.silence import silences

_LONGEST_BODY = 120
_MOST_SHOWN = 3
# What YAML would read as something else than text.
_QUOTED = frozenset({"null", "400", "409"})


@dataclass(frozen=True, slots=True)
class SilenceSeen:
    """What is known of one silence: the value `seen` and the one `stated` beforehand, or None.

    `why` says why nothing was seen, or more about what was seen. `evidence` has one line for each exchange.
    """

    silence: str
    seen: str | None
    stated: str | None
    why: str
    evidence: tuple[str, ...] = ()


def learnt(ledger: Ledger, mask: Mask, ended: str) -> tuple[SilenceSeen, ...]:
    """What a run has learnt of every silence, in their order; `ended` is what ended it before its time."""
    return tuple(_learnt(silence, ledger, mask, ended) for silence in silences())


def as_dialect(target: str, known: tuple[SilenceSeen, ...]) -> str:
    """The text of a dialect file with the values that were seen or stated; the others are comments."""
    head = f"# How {target} goes where the page is silent, as far as a conformance run saw it.\n"
    head += "# A mock that goes the same ways: workerkit serve --dialect FILE\n"
    entries = "\n".join(_entry(each) for each in known)
    nothing = all(each.seen is None and each.stated is None for each in known)
    return head + "\n" + entries + ("\n{}\n" if nothing else "")


def _learnt(silence: str, ledger: Ledger, mask: Mask, ended: str) -> SilenceSeen:
    stated = ledger.stated.get(silence)
    otherwise = ended or ("stated beforehand" if stated else "no request of this run shows it")
    sight = ledger.sights.get(silence, Observation(silence, None, otherwise))
    evidence = tuple(mask.text(_line(exchange)) for exchange in sight.exchanges[:_MOST_SHOWN])
    why = sight.why
    if stated is not None and sight.value not in (None, stated):
        why = f"stated is {stated}"
    # Some of it are the target's words: on one line they cannot leave a comment.
    return SilenceSeen(silence, sight.value, stated, " ".join(mask.text(why).split()), evidence)


def _line(exchange: Exchange) -> str:
    query = f"?{exchange.query.replace('%2C', ',')}" if exchange.query else ""
    body = " ".join(exchange.request_body.decode("utf-8", "backslashreplace").split())
    if len(body) > _LONGEST_BODY:
        body = f"{body[:_LONGEST_BODY]}…"
    asked = f"{exchange.method} {exchange.path.removeprefix(BASE_PATH)}{query}"
    return f"{asked}{' ' if body else ''}{body}: {exchange.status or 'no answer'}"


def _entry(known: SilenceSeen) -> str:
    return "\n".join([*(f"# {line}" for line in _remarks(known)), _choice(known), ""])


def _remarks(known: SilenceSeen) -> Iterator[str]:
    silence = silences()[known.silence]
    yield silence.question
    if known.stated is not None:
        yield "Stated beforehand."
    if known.seen is not None:
        yield from (f"Seen: {each}" for each in known.evidence)
    if known.why:
        yield f"{'Not seen' if known.seen is None else 'Beside that'}: {known.why}."


def _choice(known: SilenceSeen) -> str:
    value = known.stated or known.seen
    if value is None:
        values = silences()[known.silence].values
        return f"# {known.silence}: {' | '.join(values)}"
    return f'{known.silence}: "{value}"' if value in _QUOTED else f"{known.silence}: {value}"
