"""One OpenTelemetry span for each request to the Worker API. Only `serve --otel` imports this file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.propagate import extract
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from workerkit.mockserver.world.journal import JournalNote
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.worlds import ExchangeOrChange, Worlds
from workerkit.openapi.errors import UsageError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.run_record.change import Change

_EXPORTER, _PROTOCOL = "OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_PROTOCOL"
_HTTP = "http/protobuf"
_NANOSECONDS = 1_000_000_000


class TracesSettingError(UsageError):
    """An OTEL_ environment variable has a value that the mock does not support."""


class RequestTraces:
    """Makes spans of exchanges.

    provider: makes the tracer.
    now: returns the present time in nanoseconds since 1970.
    """

    def __init__(self, provider: TracerProvider, now: Callable[[], int] = time.time_ns) -> None:
        self._tracer = provider.get_tracer("workerkit")
        self._now = now

    def add(self, world: World, item: ExchangeOrChange) -> None:
        """Makes the span of an exchange that has ended now. Use this as subscriber of `Worlds`.

        The duration is that on the world's clock. The parent of the span is that of the header `traceparent`.
        """
        if isinstance(item, Change):
            return
        end = self._now()
        duration = max(0, int((item.ended - item.began) * _NANOSECONDS))
        route = _route(item.operation)
        span = self._tracer.start_span(
            f"{item.method} {route}" if route else item.method,
            extract(_carrier(item)),
            SpanKind.SERVER,
            _attributes(world, item, route),
            start_time=end - duration,
        )
        if item.status is None or item.status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end)


@contextmanager
def requests_traced(worlds: Worlds) -> Iterator[None]:
    """Makes spans of all requests during the `with` block, and sends them as the environment says.

    Raises TracesSettingError.
    """
    exporter = _exporter(os.environ)
    if exporter is None:
        yield
        return
    provider = TracerProvider(resource=_resource(os.environ), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    traces = RequestTraces(provider)
    worlds.subscribe(traces.add)
    try:
        yield
    finally:
        worlds.unsubscribe(traces.add)
        provider.shutdown()


def _carrier(item: Exchange | JournalNote) -> dict[str, str]:
    return {name: value for name, value in item.request_headers if name in ("traceparent", "tracestate")}


def _route(operation: str | None) -> str:
    """The path of an operation with its parameters: `/api/v1/worker/tasks/{id}`."""
    return "" if operation is None else worker_api().operations[operation].path


def _attributes(world: World, item: Exchange | JournalNote, route: str) -> Mapping[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {
        "http.request.method": item.method,
        "workerkit.world": world.name,
        "workerkit.exchange": item.number,
    }
    if item.operation is not None:
        attributes |= {"http.route": route, "workerkit.operation": item.operation}
    else:
        attributes["url.path"] = mask_of(world).text(item.path)
    if item.server is not None:
        attributes["workerkit.server"] = item.server
    if item.status is not None:
        attributes["http.response.status_code"] = item.status
    if item.why:
        attributes["workerkit.why"] = mask_of(world).text(item.why)
    if applied := world.applied_faults.get(item.number):
        attributes["workerkit.fault"] = [fault.kind for fault in applied.faults]
    return attributes


def _resource(environment: Mapping[str, str]) -> Resource:
    """The resource of the environment. The name of the service is `workerkit` if the environment has none."""
    given = environment.get("OTEL_SERVICE_NAME") or f"{SERVICE_NAME}=" in environment.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    return Resource.create({} if given else {SERVICE_NAME: "workerkit"})


def _exporter(environment: Mapping[str, str]) -> SpanExporter | None:
    """The exporter that the environment names. None if traces are off."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    name = environment.get(_EXPORTER) or "otlp"
    if name == "none":
        return None
    if name == "console":
        return ConsoleSpanExporter()
    if name != "otlp":
        raise TracesSettingError(f"{_EXPORTER} is {name}: the mock knows otlp, console and none")
    protocol = environment.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environment.get(_PROTOCOL) or _HTTP
    if protocol != _HTTP:
        raise TracesSettingError(f"{_PROTOCOL} is {protocol}: the mock sends {_HTTP} only")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()
