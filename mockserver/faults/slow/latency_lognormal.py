"""The fault `latency-lognormal`: delays the answer by a random time, as networks do."""

from __future__ import annotations

from math import exp

from workerkit.mockserver.faults.delay import DelayAction
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.scenarios.faults.slow.latency_lognormal import LatencyLognormal


class LatencyLognormalAction(DelayAction[LatencyLognormal]):
    """Chooses a delay from a log-normal distribution, up to a maximum."""

    def choose_delay(self, random: SeededRandom) -> float:
        delay = self.fault.median * exp(random.gauss(0.0, self.fault.sigma))
        return min(delay, self.fault.most)
