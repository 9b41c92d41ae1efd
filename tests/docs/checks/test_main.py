"""The command looks into each kind of document, and fails when one has to be mended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_each_document_with_a_mistake_is_named(tmp_path: Path) -> None:
    texts = {
        "README.md": "recieve\n",
        "README.vi.md": "recieve [a](missing.md)\n",
        "docs/page.md": "[a](#missing)\n",
        "docs/vi/page.md": "![](page.md)\n",
        "benchmarks/results.md": "recieve\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "docs.checks"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    named = [line.split(":")[0] for line in done.stderr.splitlines()]
    assert named == ["README.md", "README.vi.md", "docs/page.md", "docs/vi/page.md"]
