"""Who may come in. Page: "Tất cả endpoints yêu cầu header: X-API-Key"."""

from __future__ import annotations

from tests.independent.call import Call, Record
from tests.independent.part import Part
from tests.independent.refusal import RefusalError
from tests.independent.store import first, write

SILENCE = 90.0


class Gate(Part):
    """Finds the server that a key belongs to. `operation` is a name of `api.ROUTES`, or None."""

    def admit(self, call: Call, operation: str | None) -> Record:
        """The row of the server.

        Raises Refusal with 401 for a key that is nobody's and for a server that is not active.
        """
        server = self.holder(call.headers.get("x-api-key"))
        if server is None:
            raise self.stranger(call)
        if not self.works(server, operation):
            raise self.idle()
        return server

    def holder(self, key: str | None) -> Record | None:
        if key is None:
            return None
        with self.store.transaction() as db:
            return first(db, "SELECT * FROM servers WHERE api_key = ?", key)

    def stranger(self, call: Call) -> RefusalError:
        return RefusalError(401, "invalid_api_key")

    def idle(self) -> RefusalError:
        return RefusalError(401, "server_not_active")

    def works(self, server: Record, operation: str | None) -> bool:
        if operation == "heartbeat" and self.choices.offline_heartbeat == "revives":
            self._revive(server)
            return True
        return server["status"] in ("online", "active") and not self._silent(server)

    def _silent(self, server: Record) -> bool:
        return self.choices.heartbeat_silence == "offline" and self.clock() - server["seen"] > SILENCE

    def _revive(self, server: Record) -> None:
        with self.store.transaction() as db:
            write(db, "servers", server["id"], {"status": "online", "seen": self.clock()})
