"""The fault `latency-uniform`: delays the answer by a random time between two bounds."""

from __future__ import annotations

from workerkit.mockserver.faults.delay import DelayAction
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.scenarios.faults.slow.latency_uniform import LatencyUniform


class LatencyUniformAction(DelayAction[LatencyUniform]):
    """Chooses a delay from a uniform distribution."""

    def choose_delay(self, random: SeededRandom) -> float:
        return random.uniform(self.fault.least, self.fault.most)
