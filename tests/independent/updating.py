"""API page: "3. PUT /tasks/:id — Cập nhật task đơn lẻ"."""

from __future__ import annotations

from tests.independent.call import Record
from tests.independent.refusal import invalid
from tests.independent.tasks import Tasks


class Updating(Tasks):
    def answer(self, server: Record, link_id: str, body: object) -> Record:
        if self.choices.first_check == "body":
            self.changes(body)
        with self.store.transaction() as db:
            task = self.own(db, server, self.identity(link_id))
            self.change(db, task, self.changes(body))
        return {"success": True, "data": self.data(task)}

    def changes(self, body: object) -> Record:
        """Returns the changes. Raises RefusalError with 400 if the API page does not allow the body."""
        changes = self.checked(body, self.CHANGES)
        if not changes and self.choices.empty_change == "reject":
            raise invalid("nothing_to_update")
        return changes

    def data(self, task: Record) -> Record:
        return {"updated": True, "link_id": task["id"]}
