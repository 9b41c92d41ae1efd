"""What has been found out so far, rule by rule and silence by silence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from workerkit.contracts.page.rules import RULE_IDS
from workerkit.contracts.run.observation import Observation
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.dialect import Dialect, dialect_of
from workerkit.openapi.spec.silence import silences


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule broken: what was expected and seen, and the exchanges that show it."""

    rule: str
    message: str
    exchanges: tuple[Exchange, ...]


@dataclass(slots=True)
class Ledger:
    """The one owner of a run's findings. Raises KeyError for a rule, silence or value that there is not.

    `stated` are the values of silences that were given beforehand; they stand whatever is seen. `unplayed`
    says why nothing was held against a model, or is empty.
    """

    stated: Mapping[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    excuses: dict[str, str] = field(default_factory=dict)
    sights: dict[str, Observation] = field(default_factory=dict)
    unplayed: str = ""

    def hold(self, rule: str) -> None:
        """Notes that a check of the rule found nothing wrong."""
        self.held.add(_known(rule))

    def fail(self, rule: str, message: str, exchanges: Iterable[Exchange]) -> None:
        """Notes that the rule was broken."""
        self.findings.append(Finding(_known(rule), message, tuple(exchanges)))

    def judge(self, rule: str, flaw: str | None, *exchanges: Exchange) -> None:
        """Notes a check's outcome: what is wrong, or None where nothing is."""
        if flaw is None:
            self.hold(rule)
        else:
            self.fail(rule, flaw, exchanges)

    def excuse(self, rule: str, why: str) -> None:
        """Notes why the rule could not be tested; the first reason stands."""
        self.excuses.setdefault(_known(rule), why)

    def note(self, sight: Observation) -> None:
        """Notes what was seen of a silence. The first value stands; without one, the first reason."""
        known = silences()[sight.silence].values
        if sight.value is not None and sight.value not in known:
            raise KeyError(f"{sight.silence} {sight.value}")
        before = self.sights.get(sight.silence)
        if before is None or (before.value is None and sight.value is not None):
            self.sights[sight.silence] = sight

    def seen(self, silence: str) -> str | None:
        """The value that was seen of a silence, or None."""
        sight = self.sights.get(silence)
        return None if sight is None else sight.value

    def habit(self, silence: str) -> str | None:
        """The value that a silence has for this server, as stated or seen; None where neither."""
        return self.stated.get(silence) or self.seen(silence)

    def dialect(self) -> Dialect:
        """The server's dialect as far as it is known, with defaults for the rest."""
        known = {silence: self.habit(silence) for silence in silences()}
        return dialect_of({name: value for name, value in known.items() if value is not None})


def _known(rule: str) -> str:
    if rule not in RULE_IDS:
        raise KeyError(rule)
    return rule
