"""Faults in the check of API keys."""

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
    """Base of the faults in which one operation needs no key. It is then run for the first active server."""

    operation = ""

    def authenticate(self, call: Call, operation: str | None) -> Record:
        if operation == self.operation and self.server_for_key(call.headers.get("x-api-key")) is None:
            return self.store.one("SELECT * FROM servers WHERE status = 'active'")
        return super().authenticate(call, operation)


@fault("The beginning of a key is accepted as the key.", quote=_INVALID)
class KeyBeginningAccepted(Gate):
    def server_for_key(self, key: str | None) -> Record | None:
        if not key:
            return None
        with self.store.transaction() as db:
            return first(db, "SELECT * FROM servers WHERE substr(api_key, 1, ?) = ?", len(key), key)


@fault("A key with extra characters at its end is accepted.", quote=_INVALID)
class KeyWithTailAccepted(Gate):
    def server_for_key(self, key: str | None) -> Record | None:
        with self.store.transaction() as db:
            return first(db, "SELECT * FROM servers WHERE substr(?, 1, length(api_key)) = api_key", key)


@fault("A key in upper case is accepted.", quote=_INVALID)
class KeyCaseIgnored(Gate):
    def server_for_key(self, key: str | None) -> Record | None:
        return super().server_for_key(key if key is None else key.lower())


@fault("The key of an offline server is accepted.", quote=_ACTIVE)
class InactiveServerAccepted(Gate):
    def may_call(self, server: Record, operation: str | None) -> bool:
        return True


@fault("An offline server may send logs.", quote=_ACTIVE)
class InactiveServerMayLog(Gate):
    def may_call(self, server: Record, operation: str | None) -> bool:
        return operation == "logs" or super().may_call(server, operation)


@fault("An offline server may update in bulk.", quote=_ACTIVE)
class InactiveServerMayUpdateInBulk(Gate):
    def may_call(self, server: Record, operation: str | None) -> bool:
        return operation == "bulk" or super().may_call(server, operation)


@fault("GET /tasks needs no key.", quote=_ALL)
class KeyIgnoredByListing(_Open):
    operation = "list"


@fault("POST /logs needs no key.", quote=_ALL)
class KeyIgnoredByLogs(_Open):
    operation = "logs"


@fault("POST /health needs no key.", quote=_ALL)
class KeyIgnoredByHeartbeat(_Open):
    operation = "heartbeat"


@fault("POST /callback/request/status needs no key.", quote="/api/v1/worker/callback có API key auth")
class KeyIgnoredByRequestStatus(_Open):
    operation = "request_status"


@fault("A wrong key is answered with 403.", quote=_INVALID)
class WrongKeyForbidden(Gate):
    def invalid_key_error(self, call: Call) -> RefusalError:
        return RefusalError(403, "forbidden")


@fault("A missing key is answered with 400. A wrong key is answered correctly with 401.", quote=_INVALID)
class MissingKeyBadRequest(Gate):
    def invalid_key_error(self, call: Call) -> RefusalError:
        return (
            super().invalid_key_error(call)
            if "x-api-key" in call.headers
            else RefusalError(400, "missing_api_key")
        )


@fault("The key of an offline server is answered with 403.", quote=_INVALID)
class InactiveServerForbidden(Gate):
    def inactive_server_error(self) -> RefusalError:
        return RefusalError(403, "server_not_active")


@fault("The key is also accepted in the query: ?api_key=KEY.", quote=_ALL)
class KeyInQueryAccepted(Gate):
    def authenticate(self, call: Call, operation: str | None) -> Record:
        if "x-api-key" not in call.headers and "api_key" in call.query:
            call = replace(call, headers={**call.headers, "x-api-key": call.query["api_key"]})
        return super().authenticate(call, operation)
