"""The snippets for Express are programs that Node can read."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from workerkit.contracts.mending.server_mending import server_mendings

SNIPPETS = [mending.snippet for mending in server_mendings().values() if mending.language == "javascript"]


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is missing")
def test_node_can_read_each_snippet() -> None:
    assert SNIPPETS
    program = f"for (const text of {json.dumps(SNIPPETS)}) new Function(text);"
    done = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
