"""The command `workerkit`. It loads the subcommand, and turns errors into one line and an exit code."""

from __future__ import annotations

import importlib
import sys

import click
from click.core import ParameterSource

from workerkit.cli.crash import save_trace
from workerkit.cli.settings import project_settings, with_variables
from workerkit.cli.unavailable import UnavailableCommand
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
_OPTIONAL_MODULES = ("schemathesis", "hypothesis", "requests")


class _LazyGroup(click.Group):
    """Imports a subcommand only when it is used. So `serve` does not wait for the imports of `conform`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all subcommands, in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The subcommand with this name. None if there is no such subcommand.

        If an optional module is missing, the returned subcommand only tells the user what to install.
        """
        if name not in _COMMANDS:
            return None
        try:
            command = importlib.import_module(_COMMANDS[name]).command
        except ModuleNotFoundError as error:
            if error.name not in _OPTIONAL_MODULES:
                raise
            return UnavailableCommand(name, error.name)
        assert isinstance(command, click.Command)
        return with_variables(command)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
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
    context.default_map = project_settings(workerkit, context)


def main() -> None:
    """Runs the command line and exits with its code."""
    try:
        sys.exit(workerkit.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        if isinstance(error, click.BadParameter):
            click.echo(_source_note(error), err=True, nl=False)
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except UsageError as error:
        _print_error(error)
        sys.exit(2)
    except CannotRunError as error:
        _print_error(error)
        sys.exit(3)
    except Exception as error:
        _print_error(save_trace(error))
        sys.exit(3)


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
    click.echo(f"workerkit: {error}", err=True)
