"""The results of a run so far: for each rule and for each silence."""

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
    """One case in which the server broke a rule.

    rule: the id of the rule.
    message: what is wrong.
    exchanges: the exchanges that show it.
    topic: findings of one rule with the same topic have the same cause. Empty if only the message tells.
    links: the link fields that the list shows wrong. Empty if the finding is about something else.
    """

    rule: str
    message: str
    exchanges: tuple[Exchange, ...]
    topic: str = ""
    links: tuple[str, ...] = ()


@dataclass(slots=True)
class Ledger:
    """The results of a run. Raises KeyError for an unknown rule, silence or value.

    stated: the values of silences that the user gave. They have priority over observed values.
    findings: all cases in which the server broke a rule.
    kept_rules: the ids of rules with at least one passed check.
    effective_operations: the operations that changed a task, as a later list showed at least once.
    failing_fields: the operations and the fields at which they always fail, whatever value the field has.
    stale_answers: the numbers of lists that are equal to an earlier list, although an update came in between.
    wrong_keys: what is wrong with the key of an exchange, by its number.
    listed_links: for an operation and a link field, whether a list ever showed the link that it wrote.
    untested_reasons: why a rule could not be tested, by the rule's id.
    observations: what the run observed about a silence, by the silence's id.
    explained: pairs of a rule and the number of an exchange. A finding of a test step tells more about this
        exchange than the check of all exchanges can tell.
    no_episodes_reason: why there were no random episodes, or an empty text.
    notes: sentences for the report about behaviour that breaks no rule, without a full stop.
    """

    stated: Mapping[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    kept_rules: set[str] = field(default_factory=set)
    effective_operations: set[str] = field(default_factory=set)
    failing_fields: frozenset[tuple[str, str]] = frozenset()
    stale_answers: frozenset[int] = frozenset()
    wrong_keys: Mapping[int, str] = field(default_factory=dict)
    listed_links: dict[tuple[str, str], bool] = field(default_factory=dict)
    untested_reasons: dict[str, str] = field(default_factory=dict)
    observations: dict[str, Observation] = field(default_factory=dict)
    explained: set[tuple[str, int]] = field(default_factory=set)
    no_episodes_reason: str = ""
    notes: list[str] = field(default_factory=list)

    def mark_kept(self, rule: str) -> None:
        """Records a passed check of the rule."""
        self.kept_rules.add(_known(rule))

    def mark_broken(
        self,
        rule: str,
        message: str,
        exchanges: Iterable[Exchange],
        *,
        topic: str = "",
        links: Iterable[str] = (),
    ) -> None:
        """Records that the server broke the rule. Finding says what `topic` and `links` are."""
        self.findings.append(Finding(_known(rule), message, tuple(exchanges), topic, tuple(links)))

    def mark_explained(self, rule: str, exchange: Exchange) -> None:
        """Records that a finding explains how this exchange breaks the rule. No other finding is needed."""
        self.explained.add((_known(rule), exchange.number))

    def record_check(
        self, rule: str, flaw: str | None, *exchanges: Exchange, topic: str = "", links: Iterable[str] = ()
    ) -> None:
        """Records the result of a check. `flaw` is what is wrong, or None if the rule is kept."""
        if flaw is None:
            self.mark_kept(rule)
        else:
            self.mark_broken(rule, flaw, exchanges, topic=topic, links=links)

    def mark_effective(self, *writes: Exchange) -> None:
        """Records that a list shows what these exchanges wrote. Those that were refused wrote nothing."""
        self.effective_operations.update(
            write.operation for write in writes if write.operation is not None and write.accepted
        )

    def mark_link(self, write: Exchange, field: str, *, is_listed: bool) -> None:
        """Records whether a list shows a plain link that this exchange wrote into this field."""
        place = (str(write.operation), field)
        self.listed_links[place] = is_listed or self.listed_links.get(place, False)

    def has_finding(self, rule: str) -> bool:
        """True if the server broke the rule in at least one case."""
        return any(finding.rule == rule for finding in self.findings)

    def has_topic(self, topic: str) -> bool:
        """True if a finding has this topic."""
        return any(finding.topic == topic for finding in self.findings)

    def mark_untested(self, rule: str, why: str) -> None:
        """Records why the rule could not be tested. Only the first reason is kept."""
        self.untested_reasons.setdefault(_known(rule), why)

    def add_observation(self, observation: Observation) -> None:
        """Records an observation of a silence. Only the first observation with a value is kept."""
        known = silences()[observation.silence].values
        if observation.value is not None and observation.value not in known:
            raise KeyError(f"{observation.silence} {observation.value}")
        previous = self.observations.get(observation.silence)
        if previous is None or (previous.value is None and observation.value is not None):
            self.observations[observation.silence] = observation

    def observed_value(self, silence: str) -> str | None:
        """The value of the silence that the run observed, or None."""
        observation = self.observations.get(silence)
        return None if observation is None else observation.value

    def known_value(self, silence: str) -> str | None:
        """The value of the silence that the user gave or the run observed, or None."""
        return self.stated.get(silence) or self.observed_value(silence)

    def dialect(self) -> Dialect:
        """The dialect with all known values. A silence without a known value has its default value."""
        known = {silence: self.known_value(silence) for silence in silences()}
        return dialect_of({name: value for name, value in known.items() if value is not None})


def _known(rule: str) -> str:
    if rule not in RULE_IDS:
        raise KeyError(rule)
    return rule
