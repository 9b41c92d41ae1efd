"""Finds the first difference of a recording and the smallest capsule that shows it, and checks both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.independent.running import running
from tests.mockserver.capsules.conftest import SECONDS, proxying
from workerkit.contracts.resend.address import address_of
from workerkit.contracts.resend.policy import key_replacements
from workerkit.mockserver.capsules.comparison.difference import Difference
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.http.client import send
from workerkit.mockserver.capsules.other_tools.any_recording import without_secrets
from workerkit.mockserver.capsules.replay.reconstructed_replay import replay_in_dialect, sound_twin
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.mockserver.capsules.replay.shrink import shrink_capsule
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect

NAME = "recorded.yaml"


def recorded_capsule(exchanges: Sequence[RecordedExchange]) -> Capsule:
    """The capsule of a recording, without secrets. Its exchanges have numbers."""
    numbered = tuple(
        replace(recorded, exchange=replace(recorded.exchange, number=number))
        for number, recorded in enumerate(exchanges, 1)
    )
    return without_secrets(Capsule(min(recorded.exchange.began for recorded in exchanges), numbered))


def first_and_smallest(capsule: Capsule) -> tuple[Difference | None, Capsule]:
    """The first difference of a server's recording, and the smallest capsule found that still shows it."""
    result = replay(capsule, name=NAME)
    dialect = result.dialect or Dialect()
    small = shrink_capsule(
        capsule,
        result.difference,
        lambda part: replay(part, name=NAME).difference,
        find_fast=None if result.is_alone else lambda part: replay_in_dialect(part, dialect).difference,
        twin=None if result.difference is None or result.is_alone else sound_twin(capsule, result),
    )
    return result.difference, small


def lie_of(small: Capsule, found: Difference) -> str:
    """What is wrong with a small capsule of an independent server with a fault. Empty if nothing is.

    - Its file must show the difference `found`.
    - Its requests are sent to a correct server. This recording must have no difference.
    """
    in_file = replay(parse_capsule(capsule_text(small), name=NAME), name=NAME).difference
    if not found.is_like(in_file):
        return f"its file shows another difference: {in_file}"
    accused = replay(_recorded_again(small), name=NAME).difference
    return f"it accuses a correct server: {accused}" if accused is not None else ""


def _recorded_again(capsule: Capsule) -> Capsule:
    """The recording of a correct server that gets the requests of the capsule."""
    exchanges: list[RecordedExchange] = []
    with running() as server, proxying(address_of(server.base_url), exchanges.append) as proxy:
        keys = key_replacements(capsule, (server.seeded.api_key, server.seeded.other_api_key))
        for recorded in capsule.recorded:
            send(_with_key(recorded.exchange, keys), proxy, timeout=SECONDS)
    return recorded_capsule(exchanges)


def _with_key(exchange: Exchange, keys: Mapping[str, str]) -> Exchange:
    header = worker_api().key_header
    headers = (
        (name, keys.get(text, text) if name == header else text) for name, text in exchange.request_headers
    )
    return replace(exchange, request_headers=tuple(headers))
