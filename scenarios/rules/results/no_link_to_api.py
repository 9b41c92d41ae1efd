"""Rule no-link-to-api: do not report a link to the API itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.results.links import reported_links
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class NoLinkToApi(Rule):
    """A reported link must not be an address of the API.

    A link is an address of the API if it has the host and the port to which the worker sent the report.
    """

    id: ClassVar[str] = "no-link-to-api"
    why: ClassVar[str] = phrase(
        "On the API page, a link is the URL of the profile or of the post that was made. The API has neither."
    )
    careful: ClassVar[str] = phrase("reports the URL that the site gave to the new profile or post")
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("the worker reported no link")

    def check(self, run: Run) -> list[Violation]:
        return self.summarize(
            [
                _breach(run, report, link)
                for report, link in reported_links(run)
                if _host(link) and _host(link) == _host(f"//{_api_host(report.exchange)}")
            ]
        )

    def had_occasion(self, run: Run) -> bool:
        return any(reported_links(run))


def _api_host(exchange: Exchange) -> str:
    return exchange.header("host") or ""


def _host(link: str) -> tuple[str, int | None] | None:
    """Returns the host and the port of a URL. None if it has no host."""
    try:
        url = urlsplit(link)
        return (url.hostname, url.port) if url.hostname else None
    except ValueError:
        return None


def _breach(run: Run, report: TaskReport, link: str) -> Breach:
    return Breach(
        phrase(
            "In {report_exchange} the worker reported the link {link} for task {task}. This is "
            "an address of the API.",
            report_exchange=run.describe(report.exchange),
            link=link,
            task=report.task,
        ),
        (report.number,),
    )
