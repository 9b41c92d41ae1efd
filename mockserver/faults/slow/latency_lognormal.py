"""Delays as a network does."""

from __future__ import annotations

from math import exp

from workerkit.mockserver.faults.delay import DelayAction
from workerkit.mockserver.world.randomness import Chance
from workerkit.scenarios.faults import LatencyLognormal


class LatencyLognormalAction(DelayAction[LatencyLognormal]):
    """The logarithm of the time is normally distributed."""

    def draw(self, chance: Chance) -> float:
        drawn = self.fault.median * exp(chance.gauss(0.0, self.fault.sigma))
        return min(drawn, self.fault.most)
