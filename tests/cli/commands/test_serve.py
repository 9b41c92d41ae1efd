"""`workerkit serve` with options that it does not take."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--host", "0.0.0.0"], "--control-token"),
        (["--scenario", "key-revokd"], 'did you mean "key-revoked"?'),
        (["--scenario", "missing.yaml"], "missing.yaml: No such file"),
        (["--port", "65536"], "65536"),
        (["--port", "http"], "http"),
        (["--seed", "-1"], "-1"),
        (["--prt", "0"], "--prt"),
        (["--log-format", "xml"], "'text', 'json'"),
    ],
)
def test_a_wrong_option_is_exit_2_and_says_which(run: Run, options: list[str], message: str) -> None:
    code, output, errors = run("serve", *options)
    assert (code, output) == (2, "")
    assert message in errors
