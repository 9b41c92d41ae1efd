"""The fault `latency-fixed`: delays the answer by a fixed time."""

from __future__ import annotations

from workerkit.mockserver.faults.delay import DelayAction
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.scenarios.faults.slow.latency_fixed import LatencyFixed


class LatencyFixedAction(DelayAction[LatencyFixed]):
    """Always uses the same delay."""

    def choose_delay(self, random: SeededRandom) -> float:
        return self.fault.seconds
