"""`workerkit docs`: prints a page of the documentation."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from workerkit.cli.commands.docs.pages import page_names, page_text, page_title
from workerkit.cli.echo import echo


def _completed(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the pages, for shells."""
    return [CompletionItem(name) for name in page_names() if name.startswith(incomplete)]


@click.command("docs")
@click.argument("page", required=False, shell_complete=_completed)
def command(page: str | None) -> None:
    """Prints a page of the documentation. Without PAGE, lists all pages.

    The pages are installed with the kit: nothing is loaded from the internet. The names of pages in
    Vietnamese begin with vi/.

    \b
    Example:
      workerkit docs how-to/containers
      workerkit docs vi/how-to/containers
    """
    if page is not None:
        echo(page_text(page))
        return
    names = [name for name in page_names() if not name.startswith("vi/")]
    for name in names:
        echo(f"{name:<{max(map(len, names))}}  {page_title(name)}")
