"""One simulated server with its gate and its sandbox."""

from __future__ import annotations

from workerkit.contracts.fleet.fleet_plan import FleetPlan
from workerkit.contracts.fleet.process_tally import ProcessTally
from workerkit.contracts.fleet.simulated_server import SimulatedServer, WorkStyle
from workerkit.contracts.gate.client import Client
from workerkit.contracts.gate.gate import Gate, RunEndedError
from workerkit.contracts.sandbox.restore import open_sandbox, restore_sandbox
from workerkit.contracts.sandbox.sandbox import Sandbox
from workerkit.contracts.target.plan import BadPlanError, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target_mask import mask_of
from workerkit.mockserver.reports.message_pattern import message_pattern
from workerkit.mockserver.world.key_ring import prefix_of


class FleetServer:
    """One simulated server. At its end, it adds its counts to the tally of its process.

    key: the API key of the server.
    gate: the way of its requests.
    """

    def __init__(
        self, key: str, gate: Gate, plan: FleetPlan, tally: ProcessTally, style: WorkStyle, clock: RunClock
    ) -> None:
        self._key = key
        self._gate = gate
        self._target = plan.target(key)
        self._limits = plan.limits()
        self._tally = tally
        self._style = style
        self._clock = clock
        self._sandbox: Sandbox | None = None
        self._server: SimulatedServer | None = None

    def begin(self) -> bool:
        """Finds the sandbox, and reads the waiting tasks. False if the server cannot work."""
        try:
            self._sandbox = open_sandbox(self._target, self._limits, self._gate, self._tally.notes.append)
            self._server = self._new_server()
            self._server.begin()
        except (RunEndedError, BadPlanError) as error:
            self._note_early_end(error)
            return False
        return True

    def do_round(self) -> bool:
        """Does one round of work. False if the server cannot go on."""
        assert self._server is not None
        try:
            self._server.do_round()
        except RunEndedError as error:
            self._note_early_end(error)
            return False
        return True

    def end(self) -> None:
        """Compares the tasks with what was confirmed, and puts the sandbox back."""
        if self._server is None:
            return
        try:
            if not self._server.end():
                self._tally.ended_early["its tasks could not be read at the end"] += 1
            receipt = restore_sandbox(self._sandbox, self._target, self._gate)
            self._tally.notes += [
                f"task {change.task}: {change.field} was not put back: {change.why}"
                for change in (receipt.not_put_back if receipt else ())
            ]
        except RunEndedError as error:
            self._note_early_end(error)
        finally:
            self._gate.close()
            self._count(self._server)

    def _new_server(self) -> SimulatedServer:
        return SimulatedServer(
            Client(self._gate, self._key),
            Writes(self._limits.writes),
            None if self._sandbox is None else self._sandbox.ids,
            self._style,
            steady=self._clock.steady,
            pause=self._clock.wait,
        )

    def _count(self, server: SimulatedServer) -> None:
        ledger = server.ledger
        self._tally.servers += 1
        self._tally.assigned += len(ledger.assigned)
        self._tally.reported += len(ledger.reported)
        self._tally.findings += ledger.findings
        self._tally.results.update(ledger.reported.keys())
        world = self._tally.world(prefix_of(self._key))
        world.completions += server.completions
        world.logs += server.logs
        world.unsure += server.unsure + self._gate.trouble.counts.total()

    def _note_early_end(self, error: Exception) -> None:
        self._tally.ended_early[message_pattern(mask_of(self._target).text(str(error)))] += 1
