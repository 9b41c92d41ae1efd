"""Finds the first difference of a recording and the smallest capsule that shows it."""

from __future__ import annotations

from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.replay.difference import Difference
from workerkit.mockserver.capsules.replay.reconstructed_replay import replay_in_dialect, sound_twin
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.mockserver.capsules.replay.shrink import shrink_capsule
from workerkit.openapi.spec.dialect import Dialect

NAME = "recorded.yaml"


def first_and_smallest(capsule: Capsule) -> tuple[Difference | None, Capsule]:
    """The first difference of a server's recording, and the smallest capsule found that still shows it."""
    result = replay(capsule, name=NAME)
    dialect = result.dialect or Dialect()
    small = shrink_capsule(
        capsule,
        result.difference,
        lambda part: replay(part, name=NAME).difference,
        find_fast=lambda part: replay_in_dialect(part, dialect).difference,
        twin=None if result.difference is None else sound_twin(capsule, result),
    )
    return result.difference, small
