"""Refuses scenarios that close the port, where other worlds use the same port."""

from __future__ import annotations

from workerkit.openapi.errors import UsageError
from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.model.effects.faults import AddFault
from workerkit.scenarios.model.scenario import Scenario


class OwnPortNeededError(UsageError, ValueError):
    """A scenario closes the port of the mock, and the port is not for this scenario alone."""


def check_shares_port(scenario: Scenario | None) -> None:
    """Raises OwnPortNeededError if a fault of the scenario affects all worlds on the same port."""
    for happening in scenario.when if scenario is not None else ():
        for effect in happening.effects:
            if isinstance(effect, AddFault) and effect.planned.fault.needs_own_port:
                name = scenario.name if scenario is not None else ""
                raise OwnPortNeededError(f"the scenario {name}: {own_port_text(effect.planned.fault)}")


def own_port_text(fault: Fault) -> str:
    """Says why a fault is refused, and where it can be used."""
    return (
        f"the fault {fault.kind} closes the port of the mock, and this port is shared by all worlds: run the "
        "worker with workerkit exec, where each scenario has a port of its own. "
        "More: workerkit docs reference/scenarios"
    )
