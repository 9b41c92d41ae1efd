"""A receiver of OTLP over HTTP gets one span for each request."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.traces.request_traces import TracesSettingError, requests_traced
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

PATIENCE = 120
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
KEY = {"X-API-Key": "server-01-key"}


@contextmanager
def receiver(bodies: list[bytes]) -> Iterator[str]:
    """A receiver that keeps what it gets. Returns its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Prints nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def values(attributes: Any) -> dict[str, Any]:
    found = {}
    for attribute in attributes:
        kind = attribute.value.WhichOneof("value")
        value = getattr(attribute.value, kind)
        found[attribute.key] = [one.string_value for one in value.values] if kind == "array_value" else value
    return found


@pytest.fixture
def worlds(monkeypatch: pytest.MonkeyPatch) -> Worlds:
    for name in (
        "OTEL_SDK_DISABLED",
        "OTEL_TRACES_EXPORTER",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_SERVICE_NAME",
    ):
        monkeypatch.delenv(name, raising=False)
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=1))
    return worlds


def test_each_request_is_a_span(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []
    world = worlds.world(DEFAULT)
    with receiver(bodies) as address:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
        with requests_traced(worlds), WorldServer(worlds) as mock, requests.Session() as session:
            session.headers.update(KEY)
            parent = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
            assert session.get(f"{mock.base_url}/tasks", headers=parent, timeout=PATIENCE).status_code == 200
            mock.run_in_server_thread(
                lambda: add_described_fault(
                    world, {"fault": "status", "status": 503, "operation": "heartbeat"}
                )
            )
            assert session.post(f"{mock.base_url}/health", json={}, timeout=PATIENCE).status_code == 503
            assert session.get(f"{mock.base_url}/nothing", timeout=PATIENCE).status_code == 404
    sent = [
        resource for body in bodies for resource in ExportTraceServiceRequest.FromString(body).resource_spans
    ]
    named = values(sent[0].resource.attributes)
    assert (named["service.name"], named["deployment.environment"]) == ("workerkit", "test")
    spans = [span for resource in sent for scope in resource.scope_spans for span in scope.spans]
    assert [span.name for span in spans] == ["GET /api/v1/worker/tasks", "POST /api/v1/worker/health", "GET"]
    first, broken, unknown = (values(span.attributes) for span in spans)
    assert first == {
        "http.request.method": "GET",
        "http.route": "/api/v1/worker/tasks",
        "http.response.status_code": 200,
        "workerkit.operation": "listTasks",
        "workerkit.server": "server-01",
        "workerkit.world": DEFAULT,
        "workerkit.exchange": 1,
    }
    assert (broken["workerkit.fault"], broken["http.response.status_code"]) == (["status"], 503)
    assert (unknown["url.path"], "no path" in unknown["workerkit.why"]) == ("/api/v1/worker/nothing", True)
    assert (spans[0].trace_id.hex(), spans[0].parent_span_id.hex()) == (TRACE, PARENT)
    assert (spans[1].parent_span_id, spans[1].trace_id != spans[0].trace_id) == (b"", True)
    assert [span.status.code for span in spans] == [0, 2, 0]
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano > 1.7e18 for span in spans)


def test_the_environment_turns_traces_off(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("OTEL_TRACES_EXPORTER", "none"), ("OTEL_SDK_DISABLED", "true")):
        with monkeypatch.context() as context:
            context.setenv(name, value)
            with requests_traced(worlds):
                assert worlds._subscribers == ()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "OTEL_TRACES_EXPORTER",
            "zipkin",
            "OTEL_TRACES_EXPORTER is zipkin: the mock knows otlp, console and none",
        ),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "is grpc: the mock sends http/protobuf only"),
    ],
)
def test_a_setting_that_is_not_supported_is_refused(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(TracesSettingError, match=message), requests_traced(worlds):
        pass


def test_without_the_option_nothing_of_it_is_imported() -> None:
    child = "import sys, workerkit.cli.commands.serve; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", child], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert [name for name in done.stdout.split() if name.startswith("opentelemetry")] == []
