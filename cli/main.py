"""The command `workerkit`. It loads the subcommand, and turns errors into one line and an exit code."""

from __future__ import annotations

import sys
from io import StringIO

import click
from click.core import ParameterSource

from workerkit.cli.echo import echo
from workerkit.cli.interrupt import INTERRUPTED, exit_on_interrupt, raise_on_interrupt
from workerkit.cli.lazy_group import Extra, LazyGroup
from workerkit.cli.settings import project_settings
from workerkit.openapi.errors import CannotRunError, UsageError

_COMMANDS = {
    "serve": "workerkit.cli.commands.serve",
    "watch": "workerkit.cli.commands.watch",
    "exec": "workerkit.cli.commands.exec",
    "hunt": "workerkit.cli.commands.hunt",
    "mutate": "workerkit.cli.commands.mutate",
    "conform": "workerkit.cli.commands.conform",
    "record": "workerkit.cli.commands.record",
    "replay": "workerkit.cli.commands.replay",
    "scenario": "workerkit.cli.commands.scenario",
    "rule": "workerkit.cli.commands.rule",
    "spec": "workerkit.cli.commands.spec",
    "silences": "workerkit.cli.commands.silences",
    "health": "workerkit.cli.commands.health",
    "init": "workerkit.cli.commands.init",
    "mcp": "workerkit.cli.commands.mcp",
    "doctor": "workerkit.cli.commands.doctor",
    "docs": "workerkit.cli.commands.docs",
    "completion": "workerkit.cli.commands.completion",
}
_NEEDS = {
    "conform": Extra("contracts", ("schemathesis", "hypothesis", "requests")),
    "watch": Extra("ui", ("textual",)),
    "mcp": Extra("mcp", ("mcp",)),
}


@click.group(
    cls=LazyGroup, modules=_COMMANDS, needs=_NEEDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="likepion-workerkit", prog_name="workerkit")
@click.pass_context
def workerkit(context: click.Context) -> None:
    """Mock server and contract-testing kit for the LIKEPION Worker API.

    \b
    Try your worker:   workerkit exec --scenario all -- node worker.js
    Test a server:     workerkit conform https://staging.example/api/v1/worker
    Run the mock:      workerkit serve

    Exit codes: 0 no findings; 1 findings; 2 the command or a file is wrong; 3 the command could not run.

    You can also set an option by an environment variable (WORKERKIT_TIME_LIMIT for --time-limit), or in the
    table [tool.workerkit] of pyproject.toml (time-limit).
    """
    name = context.invoked_subcommand or ""
    command = workerkit.get_command(context, name)
    raise_on_interrupt()
    context.default_map = {name: project_settings(command)} if command else {}


def main() -> None:
    """Runs the command line and exits with its code."""
    try:
        sys.exit(workerkit.main(prog_name="workerkit", standalone_mode=False) or 0)
    except click.ClickException as error:
        shown = StringIO()
        error.show(shown)
        echo(shown.getvalue().rstrip("\n"), err=True)
        if isinstance(error, click.BadParameter):
            click.echo(_source_note(error), err=True, nl=False)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except UsageError as error:
        _print_error(error)
        sys.exit(2)
    except CannotRunError as error:
        _print_error(error)
        sys.exit(3)
    except Exception as error:
        from workerkit.cli.crash import save_trace  # its imports are slow, and only this line needs them

        _print_error(save_trace(error))
        sys.exit(3)
    finally:
        exit_on_interrupt()


def _source_note(error: click.BadParameter) -> str:
    """A line that says where a wrong value comes from. Empty if it comes from the command line."""
    option, context = error.param, error.ctx
    if not isinstance(option, click.Option) or context is None:
        return ""
    match context.get_parameter_source(option.name or ""):
        case ParameterSource.ENVIRONMENT:
            return f"The value comes from the environment variable {option.envvar}.\n"
        case ParameterSource.DEFAULT_MAP:
            return "The value comes from [tool.workerkit] in pyproject.toml.\n"
    return ""


def _print_error(error: Exception | str) -> None:
    echo(f"workerkit: {error}", err=True)
