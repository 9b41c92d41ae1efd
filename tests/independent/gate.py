"""Checks the API keys. API page: "Tất cả endpoints yêu cầu header: X-API-Key"."""

from __future__ import annotations

from tests.independent.call import Call, Record
from tests.independent.part import Part
from tests.independent.refusal import RefusalError
from tests.independent.store import first, write

# Seconds without a heartbeat.
OFFLINE_AFTER = 90.0


class Gate(Part):
    """Finds the server with a key. `operation` is a name from `api.ROUTES`, or None for an unknown path."""

    def authenticate(self, call: Call, operation: str | None) -> Record:
        """Returns the row of the server.

        Raises RefusalError with 401 for an unknown key, and for a server that is not active.
        """
        server = self.server_for_key(call.headers.get("x-api-key"))
        if server is None:
            raise self.invalid_key_error(call)
        if not self.may_call(server, operation):
            raise self.inactive_server_error()
        return server

    def server_for_key(self, key: str | None) -> Record | None:
        if key is None:
            return None
        with self.store.transaction() as db:
            return first(db, "SELECT * FROM servers WHERE api_key = ?", key)

    def invalid_key_error(self, call: Call) -> RefusalError:
        return RefusalError(401, "invalid_api_key")

    def inactive_server_error(self) -> RefusalError:
        return RefusalError(401, "server_not_active")

    def may_call(self, server: Record, operation: str | None) -> bool:
        if operation == "heartbeat" and self.choices.offline_heartbeat == "revives":
            self._revive(server)
            return True
        return server["status"] in ("online", "active") and not self._has_no_heartbeat(server)

    def _has_no_heartbeat(self, server: Record) -> bool:
        return self.choices.heartbeat_silence == "offline" and self.clock() - server["seen"] > OFFLINE_AFTER

    def _revive(self, server: Record) -> None:
        with self.store.transaction() as db:
            write(db, "servers", server["id"], {"status": "online", "seen": self.clock()})
