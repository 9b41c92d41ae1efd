"""The figures at `/_mock/metrics`, as Prometheus reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import BadStatusLine
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from workerkit.mockserver.python_api.mock_server import MockServer
from workerkit.mockserver.python_api.worker_api import WorkerApi

TOKEN = "a-token-for-the-tests"


@pytest.fixture
def mock() -> Iterator[MockServer]:
    with MockServer(token=TOKEN) as running:
        yield running


def call(
    api: WorkerApi, method: str, path: str, *, body: object = None, key: str | None = None
) -> int | None:
    """Sends a request. Returns the status, or None if no answer came."""
    headers = {"X-API-Key": key or api.api_key, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(api.base_url + path, data, headers, method=method)) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except (BadStatusLine, ConnectionError):
        return None


def figures(mock: MockServer) -> dict[tuple[str, ...], float]:
    """Each value by its name and the values of its labels."""
    request = Request(f"{mock.control_url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urlopen(request) as answer:
        assert answer.headers["content-type"].startswith("text/plain; version=")
        text = answer.read().decode()
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def test_requests_and_refusals_are_counted_by_operation_and_status(mock: MockServer) -> None:
    with mock.new_world() as api, mock.new_world():
        assert [call(api, "GET", "/tasks") for _ in range(3)] == [200, 200, 200]
        assert call(api, "GET", "/tasks?limit=0") == 400
        assert call(api, "POST", "/health", body={}, key="wrong") == 401
        assert call(api, "GET", "/nothing") == 404
        found = figures(mock)
        assert found["workerkit_worlds",] == 2
    requests = {name[1:]: value for name, value in found.items() if name[0] == "workerkit_requests_total"}
    refused = {("listTasks", "400"): 1, ("heartbeat", "401"): 1, ("unknown", "404"): 1}
    assert requests == {("listTasks", "200"): 3, **refused}
    refusals = {name[1:]: value for name, value in found.items() if name[0] == "workerkit_refusals_total"}
    assert refusals == refused
    assert found["workerkit_request_duration_seconds_count",] == 6
    assert found["workerkit_request_duration_seconds_bucket", "+Inf"] == 6
    assert 0 < found["workerkit_request_duration_seconds_sum",] < 60
    assert figures(mock)["workerkit_worlds",] == 0


def test_a_request_with_a_fault_counts_with_what_the_client_got(mock: MockServer) -> None:
    with mock.new_world() as api:
        api.fault("status", status=503, operation="listTasks", nth=1)
        api.fault("reset", operation="listTasks", nth=2)
        api.fault("latency-fixed", seconds="300ms", operation="listTasks", nth=3)
        assert [call(api, "GET", "/tasks") for _ in range(4)] == [503, None, 200, 200]
        found = figures(mock)
    assert found["workerkit_requests_total", "listTasks", "503"] == 1
    assert found["workerkit_requests_total", "listTasks", "none"] == 1
    assert found["workerkit_requests_total", "listTasks", "200"] == 2
    kinds = {name[1]: value for name, value in found.items() if name[0] == "workerkit_faults_total"}
    assert kinds == {"status": 1, "reset": 1, "latency-fixed": 1}
    assert not [name for name in found if name[0] == "workerkit_refusals_total"]
    buckets = {name[1]: count for name, count in found.items() if name[0].endswith("_bucket")}
    assert (buckets["0.25"] <= 3, buckets["+Inf"]) == (True, 4)


def test_the_figures_need_the_control_token(mock: MockServer) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(f"{mock.control_url}/metrics")
    assert refused.value.code == 401
    refused.value.close()
