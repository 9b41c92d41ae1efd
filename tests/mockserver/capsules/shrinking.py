"""What a recording differs in from the mock, and as few exchanges as show it."""

from __future__ import annotations

from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.replay.matching import Difference
from workerkit.mockserver.capsules.replay.replay import replay, replay_in
from workerkit.mockserver.capsules.replay.shrink import shrunk
from workerkit.openapi.spec.dialect import Dialect

NAME = "recorded.yaml"


def first_and_smallest(capsule: Capsule) -> tuple[Difference | None, Capsule]:
    """The first difference of a recording of a server, and the smallest capsule that shows its like."""
    replayed = replay(capsule, name=NAME)
    dialect = replayed.dialect or Dialect()
    small = shrunk(
        capsule,
        lambda each: replay(each, name=NAME).difference,
        quick=lambda each: replay_in(each, dialect).difference,
    )
    return replayed.difference, small
