"""Delays by a fixed time."""

from __future__ import annotations

from workerkit.mockserver.faults.delay import DelayAction
from workerkit.mockserver.world.randomness import Chance
from workerkit.scenarios.faults import LatencyFixed


class LatencyFixedAction(DelayAction[LatencyFixed]):
    """Draws nothing."""

    def draw(self, chance: Chance) -> float:
        return self.fault.seconds
