"""What the endpoints do to the database. Callers open the transaction."""

from django.db.models import F
from django.utils import timezone
from rest_framework.exceptions import NotFound

from .faults import fault
from .errors import BadRequest, NotYourTask
from .models import LinkRequest, Task, TaskStatus as S
from .variants import variant

FLOW = {
    S.PENDING: {S.QUEUED, S.CANCELED},
    S.QUEUED: {S.RUNNING, S.CANCELED},
    S.RUNNING: {S.COMPLETED, S.FAILED, S.CANCELED},
    S.FAILED: {S.PENDING},
}
FINAL = {S.COMPLETED, S.CANCELED}


def check_owner(server, task):
    if task.server_id != server.id:
        raise NotFound() if fault("other-server-404") else NotYourTask()


def own_task(server, task_id, *, owner_checked=True):
    """The server's task; 404 if there is none of this id, 403 if it is another server's."""
    try:
        task = Task.objects.select_for_update().get(pk=task_id)
    except Task.DoesNotExist:
        raise (NotYourTask() if fault("unknown-task-403") else NotFound("Task not found.")) from None
    if owner_checked:
        check_owner(server, task)
    return task


def check_transition(old, new):
    if old == new:
        return
    if variant("flow-enforced") and new not in FLOW.get(old, ()):
        raise BadRequest(f"Status cannot go from {old} to {new}.", code="invalid_transition")
    if variant("final-states-closed") and old in FINAL:
        raise BadRequest(f"Status cannot change any more, it is {old}.", code="invalid_transition")


def apply_update(task, values, *, forced=False, lost=()):
    """Write validated fields to a task, with what follows from a new status."""
    changed = ["updated_at"]
    status = values.get("status")
    if status is not None:
        if not forced:
            check_transition(task.status, status)
        if status == S.RUNNING and task.started_at is None:
            task.started_at = timezone.now()
        if status == S.COMPLETED and task.status != S.COMPLETED and not fault("completed-at-not-set"):
            task.completed_at = timezone.now()
        if variant("retry-counted") and task.status == S.FAILED and status == S.PENDING:
            task.retry_count += 1
        task.status = status
        changed += ["status", "started_at", "completed_at", "retry_count"]
    for name in ("link_profile", "link_post", "error_message", "note", "is_indexed"):
        if name in values and name not in lost:
            setattr(task, name, values[name])
            changed.append(name)
    task.save(update_fields=changed)


def complete(task, values):
    """status=completed, completed_at=now, one more created link of the request (once a task)."""
    already = task.status == S.COMPLETED
    if already and variant("complete-once"):
        raise BadRequest("Task is already completed.", code="already_completed")
    status = {} if fault("link-complete-status-kept") else {"status": S.COMPLETED}
    apply_update(task, {**values, **status}, forced=True)
    if already or task.request_id is None or fault("created-links-not-counted") or fault("created-links-lost-update"):
        return
    LinkRequest.objects.filter(pk=task.request_id).update(
        created_links=F("created_links") + (2 if fault("created-links-counted-twice") else 1))
