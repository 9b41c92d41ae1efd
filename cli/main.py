"""The command `workerkit`: loads the command asked for, and turns errors into one line and an exit code."""

from __future__ import annotations

import importlib
import sys

import click
from click.core import ParameterSource

from workerkit.cli.crash import save_trace
from workerkit.cli.settings import project_settings, with_variables
from workerkit.cli.unavailable import Unavailable
from workerkit.openapi.errors import CannotRunError, UsageError

_COMMANDS = {
    "serve": "workerkit.cli.commands.serve",
    "exec": "workerkit.cli.commands.exec",
    "conform": "workerkit.cli.commands.conform",
    "record": "workerkit.cli.commands.record",
    "replay": "workerkit.cli.commands.replay",
    "scenario": "workerkit.cli.commands.scenario",
    "silences": "workerkit.cli.commands.silences",
}
_OPTIONAL = ("schemathesis", "hypothesis", "requests")


class _Lazy(click.Group):
    """Imports a command when it is asked for: the mock need not wait for the tools of the contract."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        try:
            command = importlib.import_module(_COMMANDS[name]).command
        except ModuleNotFoundError as error:
            if error.name not in _OPTIONAL:
                raise
            return Unavailable(name, error.name)
        assert isinstance(command, click.Command)
        return with_variables(command)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="likepion-workerkit", prog_name="workerkit")
@click.pass_context
def workerkit(context: click.Context) -> None:
    """Mock server and contract-testing kit for the LIKEPION Worker API.

    \b
    Try your worker:   workerkit exec --scenario all -- node worker.js
    Test a server:     workerkit conform https://staging.example/api/v1/worker
    Run the mock:      workerkit serve

    Exit codes: 0 all is well; 1 findings; 2 the command or a file was wrong; 3 it could not run. An option
    can also be set as WORKERKIT_OPTION in the environment or as option in [tool.workerkit] of pyproject.toml.
    """
    context.default_map = project_settings(workerkit, context)


def main() -> None:
    """Runs the command line and exits with its code."""
    try:
        sys.exit(workerkit.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        if isinstance(error, click.BadParameter):
            click.echo(_whence(error), err=True, nl=False)
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except UsageError as error:
        _say(error)
        sys.exit(2)
    except CannotRunError as error:
        _say(error)
        sys.exit(3)
    except Exception as error:
        _say(save_trace(error))
        sys.exit(3)


def _whence(error: click.BadParameter) -> str:
    """Where a wrong value came from, where that is not the command line."""
    option, context = error.param, error.ctx
    if not isinstance(option, click.Option) or context is None:
        return ""
    match context.get_parameter_source(option.name or ""):
        case ParameterSource.ENVIRONMENT:
            return f"The value is that of the variable {option.envvar}.\n"
        case ParameterSource.DEFAULT_MAP:
            return "The value is that of [tool.workerkit] in pyproject.toml.\n"
    return ""


def _say(error: Exception | str) -> None:
    click.echo(f"workerkit: {error}", err=True)
