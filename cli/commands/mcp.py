"""`workerkit mcp`: tools for agents, over the Model Context Protocol."""

from __future__ import annotations

import click

from workerkit.cli.mcp.agent_server import serve_agent


@click.command("mcp")
@click.argument("words", nargs=-1, metavar="[-- COMMAND...]")
def command(words: tuple[str, ...]) -> None:
    """Serves tools for an agent over standard input and output, with the Model Context Protocol (MCP).

    The tools list scenarios, run a worker in them (exec), show the verdict and the exchanges of a run, make
    worlds with faults, show the spec, and replay recorded bugs. Each answer has a limited size, and says how
    to get the rest.

    The tools exec and replay start the command that the agent gives, as this user: it can do whatever this
    user can. With COMMAND, they start only COMMAND.

    \b
    Example:
      workerkit mcp
      workerkit mcp -- node worker.js
    """
    serve_agent(words)
