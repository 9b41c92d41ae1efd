"""The endpoints."""

import time
import uuid

from django.core.cache import cache
from django.db import OperationalError, transaction
from django.utils import timezone
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from . import faults, serializers
from .errors import BadRequest, NotYourTask
from .faults import fault, shared
from .http import show_id, show_local_time, show_time
from .models import Account, LinkRequest, LogEntry, Server, Task
from .pagination import TaskPagination
from .services import apply_update, check_owner, complete, own_task
from .variants import variant

STARTED_AT = timezone.now()


class WorkerView(APIView):
    open_by = None  # the fault that drops authentication here

    def get_authenticators(self):
        return [] if self.open_by and fault(self.open_by) else super().get_authenticators()

    def get_permissions(self):
        return [] if self.open_by and fault(self.open_by) else super().get_permissions()

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        faults.before_view(request)
        if variant("empty-body-refused") and request.method in ("POST", "PUT"):
            if not request.META.get("CONTENT_LENGTH") or request.META["CONTENT_LENGTH"] == "0":
                raise BadRequest("A body is required.")

    def finalize_response(self, request, response, *args, **kwargs):
        faults.after_view(response)
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def server(self):
        return shared.server if fault("server-mixed-up") else self.request.user

    def valid(self, serializer_class):
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


def updated(name, value, **state):
    """The answer of the single updates; `state` only with the variant callback-full-bodies."""
    data = {"updated": True, name: show_id(value)}
    return Response({"success": True, "data": data | (state if variant("callback-full-bodies") else {})})


class HealthView(WorkerView):
    open_by = "auth-skipped-health"

    def post(self, request):
        values = self.valid(serializers.HealthSerializer)
        server = self.server
        if fault("auth-skipped-health"):
            server = server_or_first(request)
        if fault("health-name-ascii-500"):
            values.get("server_name", "").encode("ascii")
        if not fault("health-not-stored"):
            for name in ("ip", *serializers.PERCENTAGES, "active_threads", "active_tasks"):
                if name in values:
                    value = values[name]
                    if fault("health-floats-cut") and isinstance(value, float):
                        value = int(value)
                    setattr(server, name, value)
            server.last_heartbeat_at = timezone.now()
            server.save(update_fields=[*(n for n in values if n != "server_name"), "last_heartbeat_at"])
        if fault("health-first-server"):
            shared.first = getattr(shared, "first", None) or server
            server = shared.first
        now = STARTED_AT if fault("health-time-frozen") else timezone.now().replace(microsecond=0)
        data = {
            "status": "ok",
            "server_id": show_id(server.id),
            "server_name": server.name,
            "server_time": show_local_time(now) if fault("health-time-local") else show_time(now),
        }
        if variant("health-echoes-name"):
            data["server_name"] = values.get("server_name", server.name)
        return Response(data if fault("health-unwrapped") else {"success": True, "data": data})


def server_or_first(request):
    """With authentication gone, the code falls back on any server."""
    key = request.headers.get("X-API-Key")
    return Server.objects.filter(api_key=key).first() or Server.objects.order_by("name").first()


class TaskListView(WorkerView):
    pagination_class = TaskPagination

    def get(self, request):
        self.query = self.read_query()
        key = self.cache_key()
        body = cache.get(key) if key else None
        if body is None:
            paginator = self.pagination_class()
            tasks = self.filtered(self.own_tasks()).select_related("request")
            page = paginator.paginate_queryset(tasks, request, view=self)
            body = paginator.get_paginated_response(serializers.TaskSerializer(page, many=True).data).data
            body = {"server_id": show_id(self.server.id), "server_name": self.server.name, **body}
            if key:
                cache.set(key, body, 5)
        return Response(body, content_type="text/html" if fault("list-as-html") else None)

    def cache_key(self):
        if fault("list-cached"):
            return f"{self.server.id}?{self.request.META['QUERY_STRING']}"
        if fault("list-cache-shared"):
            return f"tasks?{self.request.META['QUERY_STRING']}"
        return None

    def read_query(self):
        params = self.request.query_params
        if variant("unknown-query-refused") and set(params) - {"page", "limit", "after", "status", "service_type"}:
            raise ValidationError({"non_field_errors": ["Unknown query parameters."]})
        data = {name: params[name] for name in params if name != "status" and params[name] != ""}
        serializer = serializers.TaskQuerySerializer(data=data)
        if variant("bad-paging-defaults") and not serializer.is_valid():
            for name in {"page", "limit"} & set(serializer.errors):
                del data[name]
            serializer = serializers.TaskQuerySerializer(data=data)
        serializer.is_valid(raise_exception=True)
        return {**serializer.validated_data, "status": self.read_statuses(params)}

    def read_statuses(self, params):
        """The statuses to show; None for all."""
        raw = params.get("status")
        if raw is not None and variant("repeated-status-union"):
            raw = ",".join(params.getlist("status"))
        if raw is not None and not raw.strip(", "):
            if variant("empty-status-400"):
                raise ValidationError({"status": ["This field may not be blank."]})
            if variant("empty-status-all"):
                return None
            raw = None
        if raw is None or fault("list-status-ignored"):
            if fault("list-default-pending-only"):
                return ["pending"]
            if fault("list-default-with-running"):
                return ["pending", "queued", "running"]
            return ["pending", "queued"]
        names = [name.strip() for name in raw.split(",") if name.strip()]
        if fault("list-status-first-only"):
            names = names[:1]
        if not variant("unknown-status-empty") and set(names) - set(serializers.task_statuses()):
            raise ValidationError({"status": ["Not a valid choice."]})
        return names

    def all_tasks(self):
        tasks = Task.objects.all()
        if fault("list-active-accounts-only"):
            tasks = tasks.filter(account__status="active")
        if fault("list-retried-hidden"):
            tasks = tasks.filter(retry_count=0)
        return tasks

    def own_tasks(self):
        if fault("list-all-servers"):
            return self.all_tasks()
        if fault("list-service-type-all-servers") and self.query.get("service_type"):
            return self.all_tasks()
        return self.all_tasks().filter(server=self.server)

    def filtered(self, tasks):
        if self.query["status"] is not None:
            tasks = tasks.filter(status__in=self.query["status"])
        service_type = self.query.get("service_type")
        if service_type and not fault("list-service-type-ignored"):
            lookup = "service_type__icontains" if fault("list-service-type-contains") else "service_type"
            tasks = tasks.filter(**{lookup: service_type})
        return tasks


class TaskView(WorkerView):
    def put(self, request, task_id):
        try:
            task_id = uuid.UUID(task_id)
        except ValueError:
            raise (BadRequest("Malformed id.") if variant("malformed-id-400")
                   else NotFound("Task not found.")) from None
        if variant("validate-first"):
            self.valid(serializers.TaskUpdateSerializer)
        faults.read_raw_update(request.data)
        with faults.write_lock(), transaction.atomic():
            task = self.find(task_id)
            if task is None:
                return updated("link_id", task_id)
            values = self.valid(serializers.TaskUpdateSerializer)
            if fault("bad-status-500") and values.get("status", "pending") not in serializers.task_statuses():
                raise OperationalError("CHECK constraint failed: status")
            values = faults.mangle(values)
            if fault("put-created-at-moves"):
                Task.objects.filter(pk=task.pk).update(created_at=timezone.now())
            if not fault("put-lost-update"):
                apply_update(task, values, lost=("link_post",) if fault("put-link-post-lost") else
                             ("error_message", "note", "is_indexed") if fault("put-notes-lost") else ())
            if fault("put-siblings-too") and "status" in values:
                Task.objects.filter(request_id=task.request_id, server=self.server).update(status=values["status"])
            if fault("put-not-committed"):
                transaction.set_rollback(True)
        if fault("put-lost-update"):
            time.sleep(0.05)
            for name, value in values.items():
                setattr(task, name, value)
            task.save()
        if fault("put-204"):
            return Response(status=204)
        return updated("link_id", task.request_id if fault("put-answers-request-id") else task.id)

    def find(self, task_id):
        sent = set(self.request.data) if isinstance(self.request.data, dict) else set()
        unchecked = (fault("put-owner-unchecked")
                     or (fault("put-owner-unchecked-link-post") and "link_post" in sent)
                     or (fault("put-owner-unchecked-note") and sent and sent <= {"note", "is_indexed"}))
        try:
            return own_task(self.server, task_id, owner_checked=not unchecked)
        except NotFound:
            if fault("put-unknown-200"):
                return None
            raise


class BulkView(WorkerView):
    def put(self, request):
        if variant("bulk-errors-per-item"):
            items = [self.check_item(raw) for raw in self.valid(serializers.LooseBulkSerializer)["items"]]
        else:
            items = self.valid(serializers.BulkSerializer)["items"]
        if fault("bulk-values-leak"):
            items = faults.leak_values(items)
        with transaction.atomic():
            tasks = Task.objects.select_for_update().in_bulk({i["link_id"] for i in items if "error" not in i})
            results = []
            for number, item in enumerate(items, 1):
                if fault("bulk-owner-first-only"):
                    self.owner_checked = number == 1
                if fault("bulk-chunk-loses-item") and number % 100 == 0:
                    results.append({"link_id": show_id(item["link_id"]), "success": True})
                    continue
                results.append(self.one(tasks, item))
                if fault("bulk-stops-at-failure") and not results[-1]["success"]:
                    break
            failed = sum(not result["success"] for result in results)
            if failed and fault("bulk-rolled-back-on-failure"):
                transaction.set_rollback(True)
            if failed and fault("bulk-403-on-failure"):
                raise NotYourTask()
        return Response(self.summary(results, failed))

    owner_checked = True

    def one(self, tasks, item):
        error = item.get("error")
        try:
            if error is None:
                task = tasks.get(item["link_id"])
                if task is None:
                    raise NotFound("Task not found.")
                if self.owner_checked and not fault("bulk-owner-unchecked"):
                    check_owner(self.server, task)
                apply_update(task, item, lost=("link_post",) if fault("bulk-link-post-lost") else
                             ("error_message",) if fault("bulk-error-message-lost") else ())
        except APIException as exc:
            error = exc.get_codes()
        result = {"link_id": show_id(item["link_id"]) if item["link_id"] else None, "success": error is None}
        if error is not None:
            result["error"] = "forbidden" if fault("bulk-error-renamed") and error == "not_your_task" else error
            if fault("bulk-failed-without-id"):
                result["link_id"] = None
        elif variant("bulk-error-null"):
            result["error"] = None
        return result

    def check_item(self, raw):
        serializer = serializers.BulkItemSerializer(data=raw)
        if serializer.is_valid():
            return serializer.validated_data
        link_id = None
        if isinstance(raw, dict):
            try:
                link_id = uuid.UUID(str(raw.get("link_id")))
            except ValueError:
                pass
        return {"link_id": link_id, "error": "validation_error"}

    def summary(self, results, failed):
        total, success = len(results), len(results) - failed
        if fault("bulk-success-counts-all"):
            success = total
        if fault("bulk-failed-without-unknown"):
            failed = sum(result.get("error") == "not_your_task" for result in results)
        if fault("bulk-total-of-success"):
            total = success
        if fault("bulk-results-failed-only"):
            results = [result for result in results if not result["success"]]
        return {"total": total, "success": success, "failed": failed, "results": results}


class LogsView(WorkerView):
    open_by = "auth-skipped-logs"

    def post(self, request):
        if variant("bad-logs-skipped"):
            checked = [serializers.LogSerializer(data=raw)
                       for raw in self.valid(serializers.LooseLogsSerializer)["logs"]]
            logs = [entry.validated_data for entry in checked if entry.is_valid()]
        else:
            logs = self.valid(serializers.LogsSerializer)["logs"]
        logs = faults.read_logs(logs)
        if fault("logs-first-100-only"):
            logs = logs[:100]
        rows = [LogEntry(server=self.server, **entry) for entry in logs]
        if fault("logs-all-info"):
            for row in rows:
                row.level = "INFO"
        if not fault("logs-not-stored"):
            with transaction.atomic():
                LogEntry.objects.bulk_create(rows, batch_size=100)
        created = len(rows)
        if fault("logs-created-without-debug"):
            created = sum(row.level != "DEBUG" for row in rows)
        if fault("logs-created-last-batch") and rows:
            created = (len(rows) - 1) % 100 + 1
        return Response({"success": True, "created": created}, status=201 if variant("logs-201") else 200)


class LinkUpdateView(WorkerView):
    def post(self, request):
        if fault("link-update-no-id-500"):
            request.data["link_id"]
        values = self.valid(serializers.LinkUpdateSerializer)
        if "link_id" not in values:
            return Response({"success": True, "data": {"updated": False}})
        if fault("link-update-error-500") and values.get("error_message"):
            raise OperationalError("no such column: error_msg")
        with transaction.atomic():
            task = own_task(self.server, values["link_id"], owner_checked=not fault("link-update-owner-unchecked"))
            if fault("link-update-absent-cleared"):
                values = {"link_profile": "", "link_post": "", "error_message": "", **values}
            lost = ("link_profile",) if fault("link-update-profile-lost") else ()
            apply_update(task, values, lost=lost)
        return updated("link_id", task.id, status=task.status)


class LinkCompleteView(WorkerView):
    def post(self, request):
        values = self.valid(serializers.LinkCompleteSerializer)
        with transaction.atomic():
            task = own_task(self.server, values["link_id"], owner_checked=not fault("link-complete-owner-unchecked"))
            if fault("link-complete-links-lost"):
                values = {"link_id": task.id}
            complete(task, values)
            if fault("link-complete-not-committed"):
                transaction.set_rollback(True)
        if fault("created-links-lost-update"):
            row = LinkRequest.objects.get(pk=task.request_id)
            time.sleep(0.02)
            row.created_links += 1
            row.save()
        state = {}
        if variant("callback-full-bodies"):
            state = {"status": task.status, "completed_at": task.completed_at and show_time(task.completed_at),
                     "created_links": LinkRequest.objects.filter(pk=task.request_id)
                     .values_list("created_links", flat=True).first()}
        return updated("link_id", task.id, **state)


class RequestStatusView(WorkerView):
    open_by = "auth-skipped-request-status"

    def post(self, request):
        values = self.valid(serializers.RequestStatusSerializer)
        with transaction.atomic():
            row = LinkRequest.objects.select_for_update().filter(pk=values["request_id"]).first()
            if row is None:
                if fault("request-unknown-200"):
                    return updated("request_id", values["request_id"])
                raise NotFound("Request not found.")
            if variant("request-must-be-mine") and not row.tasks.filter(server=self.server).exists():
                raise NotYourTask()
            if not fault("request-status-not-saved"):
                row.status = values["status"]
                row.save(update_fields=["status"])
            if fault("request-status-cascades"):
                row.tasks.update(status="canceled")
        return updated("request_id", row.id, status=row.status)


class AccountStatusView(WorkerView):
    open_by = "auth-skipped-account-status"

    def post(self, request):
        values = self.valid(serializers.AccountStatusSerializer)
        with transaction.atomic():
            accounts = Account.objects.select_for_update()
            if fault("account-unknown-500"):
                row = accounts.get(pk=values["account_id"])
            else:
                row = accounts.filter(pk=values["account_id"]).first()
            if row is None:
                raise NotFound("Account not found.")
            if fault("account-status-for-all"):
                Account.objects.update(status=values["status"])
            row.status = values["status"]
            if not fault("account-status-not-saved"):
                row.save(update_fields=["status"])
        return updated("account_id", row.id, status=row.status)
