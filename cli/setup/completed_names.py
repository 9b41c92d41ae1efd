"""Names of scenarios, rules and silences for shells. Modules are imported only when names are wanted."""

from __future__ import annotations

from collections.abc import Iterable

import click
from click.shell_completion import CompletionItem


def scenario_names(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The scenarios of the library. If none fits, the shell completes the names of files."""
    from workerkit.scenarios.library.titles import titles

    fitting = _fitting(titles(), incomplete)
    return fitting or [CompletionItem(incomplete, type="file")]


def scenario_names_or_all(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The same, and `all`."""
    return _fitting(["all"], incomplete) + scenario_names(context, parameter, incomplete)


def rule_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The ids of the rules for workers and for servers."""
    from workerkit.contracts.mending.server_mending import server_mendings
    from workerkit.scenarios.mending.mending import mendings

    return _fitting([*mendings(), *server_mendings()], incomplete)


def silence_names(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The ids of the silences."""
    from workerkit.openapi.spec.silence import silences

    return _fitting(silences(), incomplete)


def _fitting(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
