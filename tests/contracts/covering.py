"""A few dialects that contain every pair of values of any two silences."""

from __future__ import annotations

from functools import cache

from allpairspy import AllPairs  # type: ignore[import-untyped]

from workerkit.openapi.spec.silence import silences


@cache
def pairwise_dialects() -> list[dict[str, str]]:
    """The values of all silences, by the silence's id, once for each of these dialects."""
    rows = AllPairs([silence.values for silence in silences().values()])
    return [dict(zip(silences(), row, strict=True)) for row in rows]
