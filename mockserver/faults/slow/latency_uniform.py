"""Delays by a time between two bounds."""

from __future__ import annotations

from workerkit.mockserver.faults.delay import DelayAction
from workerkit.mockserver.world.randomness import Chance
from workerkit.scenarios.faults import LatencyUniform


class LatencyUniformAction(DelayAction[LatencyUniform]):
    """Every time between them is equally likely."""

    def draw(self, chance: Chance) -> float:
        return chance.uniform(self.fault.least, self.fault.most)
