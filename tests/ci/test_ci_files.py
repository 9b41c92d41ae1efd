"""The files for Compose, GitHub and GitLab are valid by the schemas that check-jsonschema brings along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = {
    "compose.yaml": "vendor.compose-spec",
    "examples/fleet/compose.yaml": "vendor.compose-spec",
    "action.yml": "vendor.github-actions",
    "ci/gitlab.yml": "vendor.gitlab-ci",
}


def check(file: Path, schema: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("file", "schema"), FILES.items(), ids=FILES)
def test_the_file_is_valid(file: str, schema: str) -> None:
    done = check(ROOT / file, schema)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_mistake_is_found(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text((ROOT / "compose.yaml").read_text().replace("read_only: true", "read_onyl: true"))
    assert "read_onyl" in check(file, FILES["compose.yaml"]).stdout
