"""Checks of `server_time` in the answers to heartbeats: it must change, and it must be in its time zone."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import data_of
from workerkit.openapi.formats.http_date import read_http_date
from workerkit.openapi.formats.timestamp import TIME_PATTERN, read_time
from workerkit.openapi.languages.phrase import phrase

# In seconds. Much longer than one second, because a server may round its time to whole seconds.
_LEAST_APART = 3.0
# Time zones differ from UTC by quarters of an hour, by at least one hour and at most 14 hours.
_QUARTER, _LEAST_SHIFT, _MOST_SHIFT = 900.0, 3600.0, 14 * 3600.0
# The header Date has whole seconds, and it can be a little later than the time in the body.
_TOLERANCE = 5.0


@dataclass(frozen=True, slots=True)
class StoppedClock:
    """Two heartbeats, some seconds apart, with the same `server_time` in both answers."""

    first: Exchange
    last: Exchange
    server_time: str

    @property
    def text(self) -> str:
        """What is wrong, for people."""
        apart = self.last.began - self.first.ended
        return phrase(
            "server_time is still {server_time} after {apart:.0f} s, so the clock has stopped",
            server_time=self.server_time,
            apart=apart,
        )


def stopped_clock(exchanges: Iterable[Exchange]) -> StoppedClock | None:
    """The first and the last heartbeat, or None if the clock runs or cannot be judged.

    The clock has stopped if both answers have the same time, although at least 3 seconds passed between them.
    """
    timed = [
        (exchange, server_time)
        for exchange in exchanges
        if (server_time := _server_time(exchange)) is not None
    ]
    if len(timed) < 2:
        return None
    (first, server_time), (last, last_time) = timed[0], timed[-1]
    apart = last.began - first.ended
    return (
        StoppedClock(first, last, server_time) if server_time == last_time and apart >= _LEAST_APART else None
    )


@dataclass(frozen=True, slots=True)
class HeartbeatTimes:
    """The two times in the answer to a heartbeat: `server_time` and the header Date.

    shift: by how many hours `server_time` differs, if a wrong time zone can be the reason. Otherwise 0.
    """

    exchange: Exchange
    server_time: str
    date: str
    shift: float

    @property
    def text(self) -> str:
        """What is wrong, for people."""
        return phrase(
            "server_time is {server_time}, but the header Date of the same answer is {date}. They differ by "
            "{shift:+g} h: the server writes the time of one time zone as that of another",
            server_time=self.server_time,
            date=self.date,
            shift=self.shift,
        )


def shifted_clock(exchanges: Iterable[Exchange]) -> HeartbeatTimes | None:
    """The times of the first heartbeat, if `server_time` is in a wrong time zone. None if nothing proves it.

    The header Date shows what time it is for the server itself. In at least two heartbeats, and in all of
    them, `server_time` must differ from it by the same number of quarters of an hour.
    """
    found = [times for exchange in exchanges if (times := _times_of(exchange)) is not None]
    shifts = {times.shift for times in found}
    return found[0] if len(found) > 1 and len(shifts) == 1 and shifts != {0.0} else None


def _times_of(exchange: Exchange) -> HeartbeatTimes | None:
    """The times of a heartbeat. None if the answer does not tell both times."""
    server_time, at = _server_time(exchange), None
    date = next((text for name, text in exchange.answer_headers if name == "date"), "")
    if server_time is not None and TIME_PATTERN.fullmatch(server_time):
        with suppress(ValueError):
            at = read_time(server_time)
    now = read_http_date(date)
    if server_time is None or at is None or now is None:
        return None
    shift = round((at - now) / _QUARTER) * _QUARTER
    is_zone = abs(at - now - shift) <= _TOLERANCE and _LEAST_SHIFT <= abs(shift) <= _MOST_SHIFT
    return HeartbeatTimes(exchange, server_time, date, shift / 3600 if is_zone else 0.0)


def _server_time(exchange: Exchange) -> str | None:
    data = data_of(ParsedExchange(exchange).answer_json) if _is_heartbeat(exchange) else None
    server_time = data.get("server_time") if isinstance(data, dict) else None
    return server_time if isinstance(server_time, str) else None


def _is_heartbeat(exchange: Exchange) -> bool:
    return exchange.accepted and exchange.operation == "heartbeat"
