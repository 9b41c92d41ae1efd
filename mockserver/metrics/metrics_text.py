"""The figures of a mock in the text format of Prometheus. The mock imports this file when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from workerkit.mockserver.metrics.request_figures import BOUNDS, OperationAndStatus, RequestFigures

__all__ = ["CONTENT_TYPE_LATEST", "metrics_text"]
_NO_OPERATION, _NO_STATUS = "unknown", "none"


def metrics_text(figures: RequestFigures, world_count: int) -> bytes:
    """Returns the figures as text. world_count: how many worlds the mock has now."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_FiguresCollector(figures, world_count))
    return generate_latest(registry)


class _FiguresCollector(Collector):
    """Makes the metrics from the plain numbers."""

    def __init__(self, figures: RequestFigures, world_count: int) -> None:
        self._figures, self._world_count = figures, world_count

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        yield _counted(
            "workerkit_requests", "Requests to the Worker API, by operation and status.", figures.requests
        )
        yield _counted(
            "workerkit_refusals", "Requests that the Worker API refused, without a fault.", figures.refusals
        )
        faults = CounterMetricFamily(
            "workerkit_faults", "Requests that a fault was applied to, by kind of fault.", labels=["fault"]
        )
        for kind, count in sorted(figures.faults.items()):
            faults.add_metric([kind], count)
        yield faults
        yield GaugeMetricFamily("workerkit_worlds", "Worlds of the mock.", self._world_count)
        yield self._durations()

    def _durations(self) -> Metric:
        bounds = [*map(str, BOUNDS), "+Inf"]
        counts = [float(count) for count in accumulate(self._figures.durations)]
        return HistogramMetricFamily(
            "workerkit_request_duration_seconds",
            "Time from the arrival of a request until its answer was made, with faults: until it was sent.",
            buckets=list(zip(bounds, counts, strict=True)),
            sum_value=self._figures.seconds,
        )


def _counted(name: str, text: str, counts: Mapping[OperationAndStatus, int]) -> Metric:
    metric = CounterMetricFamily(name, text, labels=["operation", "status"])
    for operation, status in sorted(counts, key=str):
        labels = [operation or _NO_OPERATION, _NO_STATUS if status is None else str(status)]
        metric.add_metric(labels, counts[operation, status])
    return metric
