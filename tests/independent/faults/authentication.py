"""Faults of the key."""

from __future__ import annotations

from dataclasses import replace

from tests.independent.call import Call, Record
from tests.independent.fault import fault
from tests.independent.gate import Gate
from tests.independent.refusal import RefusalError
from tests.independent.store import first

_INVALID = "401 | API key không hợp lệ hoặc server không active"
_ALL = "Tất cả endpoints yêu cầu header: X-API-Key: <server_api_key>"
_ACTIVE = "Server phải có trạng thái online hoặc active để hoạt động."


class _Open(Gate):
    """Base of the gates that let one operation through without a key, in the name of the first server."""

    operation = ""

    def admit(self, call: Call, operation: str | None) -> Record:
        if operation == self.operation and self.holder(call.headers.get("x-api-key")) is None:
            return self.store.one("SELECT * FROM servers WHERE status = 'active'")
        return super().admit(call, operation)


@fault("The beginning of a key is taken for the key.", quote=_INVALID)
class KeyBeginningAccepted(Gate):
    def holder(self, key: str | None) -> Record | None:
        if not key:
            return None
        with self.store.transaction() as db:
            return first(db, "SELECT * FROM servers WHERE substr(api_key, 1, ?) = ?", len(key), key)


@fault("A key with something behind it is taken for the key.", quote=_INVALID)
class KeyWithTailAccepted(Gate):
    def holder(self, key: str | None) -> Record | None:
        with self.store.transaction() as db:
            return first(db, "SELECT * FROM servers WHERE substr(?, 1, length(api_key)) = api_key", key)


@fault("A key in other letters of the same alphabet, upper for lower case, is accepted.", quote=_INVALID)
class KeyCaseIgnored(Gate):
    def holder(self, key: str | None) -> Record | None:
        return super().holder(key if key is None else key.lower())


@fault("The key of an offline server opens everything.", quote=_ACTIVE)
class InactiveServerAccepted(Gate):
    def works(self, server: Record, operation: str | None) -> bool:
        return True


@fault("An offline server may send logs.", quote=_ACTIVE)
class InactiveServerMayLog(Gate):
    def works(self, server: Record, operation: str | None) -> bool:
        return operation == "logs" or super().works(server, operation)


@fault("An offline server may update in bulk.", quote=_ACTIVE)
class InactiveServerMayUpdateInBulk(Gate):
    def works(self, server: Record, operation: str | None) -> bool:
        return operation == "bulk" or super().works(server, operation)


@fault("GET /tasks asks for no key.", quote=_ALL)
class KeyIgnoredByListing(_Open):
    operation = "list"


@fault("POST /logs asks for no key.", quote=_ALL)
class KeyIgnoredByLogs(_Open):
    operation = "logs"


@fault("POST /health asks for no key.", quote=_ALL)
class KeyIgnoredByHeartbeat(_Open):
    operation = "heartbeat"


@fault("POST /callback/request/status asks for no key.", quote="/api/v1/worker/callback có API key auth")
class KeyIgnoredByRequestStatus(_Open):
    operation = "request_status"


@fault("A wrong key is answered with 403.", quote=_INVALID)
class WrongKeyForbidden(Gate):
    def stranger(self, call: Call) -> RefusalError:
        return RefusalError(403, "forbidden")


@fault("A missing key is answered with 400, a wrong one rightly with 401.", quote=_INVALID)
class MissingKeyBadRequest(Gate):
    def stranger(self, call: Call) -> RefusalError:
        return super().stranger(call) if "x-api-key" in call.headers else RefusalError(400, "missing_api_key")


@fault("An offline server is answered with 403.", quote=_INVALID)
class InactiveServerForbidden(Gate):
    def idle(self) -> RefusalError:
        return RefusalError(403, "server_not_active")


@fault("The key is taken from the query, too: ?api_key=KEY.", quote=_ALL)
class KeyInQueryAccepted(Gate):
    def admit(self, call: Call, operation: str | None) -> Record:
        if "x-api-key" not in call.headers and "api_key" in call.query:
            call = replace(call, headers={**call.headers, "x-api-key": call.query["api_key"]})
        return super().admit(call, operation)
