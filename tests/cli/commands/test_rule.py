"""`workerkit rule`: the rules, and how to mend what breaks them."""

from __future__ import annotations

import re
from collections.abc import Callable

from workerkit.contracts.mending.server_mending import server_mendings
from workerkit.scenarios.mending.mending import mendings

Run = Callable[..., tuple[int, str, str]]


def test_each_rule_is_listed(run: Run) -> None:
    code, output, errors = run("rule", "list")
    assert (code, errors) == (0, "")
    assert re.findall(r"^  ([a-z0-9-]+)  ", output, re.M) == [*mendings(), *server_mendings()]


def test_a_rule_for_workers_is_shown_with_its_snippets(run: Run) -> None:
    for rule, mending in mendings().items():
        code, output, errors = run("rule", "show", rule)
        assert (code, errors) == (0, "")
        for snippet in mending.snippets.values():
            lines = [*snippet.bad.splitlines(), *snippet.good.splitlines()]
            assert {f"    {line}" for line in lines if line} <= {*output.splitlines()}


def test_a_rule_for_servers_is_shown_with_its_answers(run: Run) -> None:
    for rule, mending in server_mendings().items():
        code, output, errors = run("rule", "show", rule)
        assert (code, errors) == (0, "")
        lines = [mending.wrong, mending.right, *mending.request.splitlines(), *mending.snippet.splitlines()]
        assert {f"    {line}" for line in lines if line} <= {*output.splitlines()}


def test_an_unknown_rule_is_an_error_with_the_nearest_one(run: Run) -> None:
    code, _, errors = run("rule", "show", "log-level")
    assert code == 2
    assert 'there is no rule "log-level" (did you mean "log-levels"?)' in errors
