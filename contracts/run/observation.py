"""What a run observed about one silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase


@dataclass(frozen=True, slots=True)
class Observation:
    """What a run observed about one silence.

    silence: the id of the silence.
    value: the value that the server has, or None if it is not known.
    why: a remark, or the reason why the value is not known.
    exchanges: the exchanges that show it.
    """

    silence: str
    value: str | None
    why: str = ""
    exchanges: tuple[Exchange, ...] = ()


def observed(silence: str, value: str, *exchanges: Exchange, why: str = "") -> Observation:
    """The observation that the silence has this value."""
    return Observation(silence, value, why, exchanges)


def not_observed(silence: str, why: str, *exchanges: Exchange) -> Observation:
    """An observation without a value.

    Either the run could not find the value, or the server's behaviour matches no value in the spec.
    """
    return Observation(silence, None, why, exchanges)


def observed_by_status(silence: str, values: Mapping[int, str], exchange: Exchange) -> Observation:
    """Chooses the value from the HTTP status of the answer. `values` has the value for each status."""
    value = values.get(exchange.status or 0)
    if value is None:
        why = phrase(
            "answered {status}, which was not expected, so the server's behaviour is unknown",
            status=exchange.status,
        )
        return not_observed(silence, why, exchange)
    return observed(silence, value, exchange)
