"""The server of `workerkit mcp`: an MCP server with the tools, over standard input and output."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.metadata import version
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from workerkit.cli.mcp.agent_state import AgentState
from workerkit.cli.mcp.agent_tools import AgentTools
from workerkit.openapi.errors import WorkerkitError

_INSTRUCTIONS = (
    "workerkit tests workers of the LIKEPION Worker API against a mock on this machine. To mend a worker: "
    "`exec` runs it in scenarios and names the causes of failures; `verdict` has the broken rules with the "
    "numbers of their exchanges; `journal` shows these exchanges; `scenarios` explains what happens; `spec` "
    "is the API. Change the worker, then `exec` again with the scenarios that failed, at the end with `all`."
)


def serve_agent(fixed_command: Sequence[str]) -> None:
    """Serves one agent until it closes standard input.

    fixed_command: the only command that the tools may start. Empty: any command.
    """
    with AgentState() as state:
        agent_server(AgentTools(state, fixed_command)).run("stdio")


def agent_server(tools: AgentTools) -> MCPServer[Any]:
    """The server with the tools. An error of the kit is an answer that says what to do."""
    server: MCPServer[Any] = MCPServer(
        "workerkit", version=version("likepion-workerkit"), instructions=_INSTRUCTIONS, log_level="ERROR"
    )
    for name, tool in tools.all.items():
        server.add_tool(_with_clear_errors(tool), name=name, structured_output=False)
    return server


def _with_clear_errors(tool: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(tool):

        @wraps(tool)
        async def run_async(*arguments: Any, **named: Any) -> Any:
            try:
                return await tool(*arguments, **named)
            except (WorkerkitError, ValueError) as error:
                raise ToolError(str(error)) from None

        return run_async

    @wraps(tool)
    def run(*arguments: Any, **named: Any) -> Any:
        try:
            return tool(*arguments, **named)
        except (WorkerkitError, ValueError) as error:
            raise ToolError(str(error)) from None

    return run
