"""How users choose a dialect: over the control plane, and with `serve --dialect`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.mockserver.dialects.dialect_client import SECONDS, CallControl
from workerkit.openapi.spec.dialect import Dialect, dialect_of


def test_the_control_plane_creates_a_world_of_a_dialect(control: CallControl, http: requests.Session) -> None:
    choices = {"last-cursor": "absent", "error-body": "nested"}
    created = control("POST", "/worlds", {"dialect": choices})
    assert created.status_code == 201
    world = created.json()
    headers = {"X-API-Key": world["servers"][0]["api_key"]}
    assert control("GET", f"/worlds/{world['world']}").json()["dialect"] == dict(dialect_of(choices))
    page = http.get(f"{world['base_url']}/tasks?limit=1000", headers=headers, timeout=SECONDS).json()
    assert "next_cursor" not in page
    refused = http.get(f"{world['base_url']}/tasks?limit=x", headers=headers, timeout=SECONDS).json()
    assert refused["error"]["code"] == "bad_request"
    control("DELETE", f"/worlds/{world['world']}")


@pytest.mark.parametrize(
    ("choices", "why"),
    [
        ({"last-curser": "absent"}, 'no silence last-curser (did you mean "last-cursor"?)'),
        ({"last-cursor": "absnt"}, 'last-cursor has no value absnt (did you mean "absent"?)'),
        ({"retry": "automatic", "error-body": "xml"}, "its values are code, code-and-message, nested"),
        ({"refused-transition": 409}, "body/dialect/refused-transition: "),
        (["last-cursor"], "body/dialect: "),
    ],
)
def test_the_control_plane_refuses_wrong_choices(control: CallControl, choices: Any, why: str) -> None:
    before = control("GET", "/health").json()["worlds"]
    refused = control("POST", "/worlds", {"dialect": choices})
    assert (refused.status_code, refused.json()["error"]) == (400, "bad_request")
    assert why in refused.json()["message"]
    assert control("GET", "/health").json()["worlds"] == before


def serve_command(*words: str) -> list[str]:
    code = "from workerkit.cli.main import main; main()"
    return [sys.executable, "-c", code, "serve", "--port", "0", *words]


def test_serve_takes_a_dialect_file(tmp_path: Path, http: requests.Session) -> None:
    file = tmp_path / "dialect.yaml"
    file.write_text("last-cursor: absent\nrefused-transition: 409  # a number here, text elsewhere\n")
    process = subprocess.Popen(serve_command("--dialect", str(file)), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        base_url = process.stdout.readline().split()[-1]
        control_url = process.stdout.readline().split()[-1]
        page = http.get(
            f"{base_url}/tasks?limit=1000", headers={"X-API-Key": "your-server-key"}, timeout=SECONDS
        )
        assert (page.status_code, "next_cursor" in page.json()) == (200, False)
        world = http.get(f"{control_url}/worlds/default", timeout=SECONDS).json()
        assert world["dialect"] == {**Dialect(), "last-cursor": "absent", "refused-transition": "409"}
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        (
            "retry: manual\nretrycount: never\n",
            ":2:1: ",
            'no silence retrycount (did you mean "retry-count"?)',
        ),
        ("retry:\n  automtic\n", ":2:3: ", 'retry has no value automtic (did you mean "automatic"?)'),
    ],
)
def test_serve_names_the_place_of_an_error_in_a_dialect_file(
    tmp_path: Path, text: str, place: str, why: str
) -> None:
    file = tmp_path / "dialect.yaml"
    file.write_text(text)
    result = subprocess.run(
        serve_command("--dialect", str(file)), capture_output=True, text=True, timeout=120, check=False
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{file}{place}" in result.stderr
    assert why in result.stderr
    assert len(result.stderr.splitlines()) == 1
