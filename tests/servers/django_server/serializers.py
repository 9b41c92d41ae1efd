"""Validation of what comes in and shape of what goes out."""

from collections.abc import Mapping

from django.core.validators import ProhibitNullCharactersValidator
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from .faults import fault
from .http import show_id, show_local_time, show_time
from .models import LogLevel, TaskStatus
from .variants import variant

MAX_BATCH = 500
MAX_INT = 2**31 - 1
PERCENTAGES = ("cpu_usage", "ram_usage", "disk_usage")


# ---- fields -------------------------------------------------------------------------------------

class Text(serializers.CharField):
    """Text is stored as it was sent: not trimmed, blank allowed unless said otherwise."""

    def __init__(self, *, surrogates=False, **kwargs):
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)
        if surrogates:
            self.validators = [v for v in self.validators
                               if not isinstance(v, ProhibitSurrogateCharactersValidator)]

    def to_internal_value(self, data):
        if variant("strict-types") and not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Link(Text):
    def __init__(self, **kwargs):
        kwargs.setdefault("allow_blank", not variant("blank-links-refused"))
        if variant("links-max-2048"):
            kwargs["max_length"] = 2048
        super().__init__(**kwargs)

    def to_internal_value(self, data):
        value = super().to_internal_value(data)
        if variant("links-checked") and not value.startswith(("http://", "https://")):
            raise serializers.ValidationError("Enter a valid URL.")
        return value


class Number(serializers.FloatField):
    def to_internal_value(self, data):
        if variant("strict-types") and (isinstance(data, bool) or not isinstance(data, (int, float))):
            self.fail("invalid")
        return super().to_internal_value(data)


class Count(serializers.IntegerField):
    def to_internal_value(self, data):
        if variant("strict-types") and (isinstance(data, bool) or not isinstance(data, int)):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    def to_internal_value(self, data):
        if variant("strict-types") and not isinstance(data, bool):
            self.fail("invalid", input=data)
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """A closed list of names. The message does not echo the input."""

    default_error_messages = {"invalid_choice": "Not a valid choice."}

    def to_internal_value(self, data):
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice")
        return data


class Id(serializers.UUIDField):
    def to_representation(self, value):
        return show_id(value)


class Time(serializers.DateTimeField):
    def to_representation(self, value):
        if value is None:
            return None
        return show_local_time(value) if fault("list-time-local") else show_time(value)


class Price(serializers.FloatField):
    def to_representation(self, value):
        if fault("list-price-string"):
            return f"{value:.2f}"
        return int(value) if value.is_integer() and not variant("price-float") else value


# ---- input --------------------------------------------------------------------------------------

class Input(serializers.Serializer):
    def to_internal_value(self, data):
        if isinstance(data, Mapping):
            if variant("null-means-absent"):
                data = {name: value for name, value in data.items() if value is not None}
            if variant("unknown-fields-refused") and set(data) - set(self.fields):
                raise serializers.ValidationError({"non_field_errors": ["Unknown fields."]})
        return super().to_internal_value(data)


def _percentage():
    field = serializers.IntegerField if fault("health-floats-refused") else Number
    limits = {"min_value": 0, "max_value": 100} if variant("percent-range-checked") else {}
    return field(required=variant("health-fields-required"), **limits)


def _count():
    return Count(required=variant("health-fields-required"), min_value=0, max_value=MAX_INT)


class HealthSerializer(Input):
    server_name = Text(required=variant("health-fields-required"), max_length=255)
    ip = (Text(required=variant("health-fields-required"), max_length=255) if variant("ip-any-text") else
          serializers.IPAddressField(required=variant("health-fields-required"),
                                     protocol="IPv4" if fault("health-ipv6-refused") else "both"))
    cpu_usage = _percentage()
    ram_usage = _percentage()
    disk_usage = _percentage()
    active_threads = _count()
    active_tasks = _count()

    def validate(self, values):
        if fault("health-zero-refused"):
            empty = [name for name in (*PERCENTAGES, "active_threads", "active_tasks")
                     if name in values and not values[name]]
            if empty:
                raise serializers.ValidationError({name: ["This field is required."] for name in empty})
        return values


def task_statuses():
    names = list(TaskStatus.values)
    if fault("canceled-refused"):
        names.remove("canceled")
    if fault("cancelled-accepted"):
        names.append("cancelled")
    return names


def _status(**kwargs):
    if fault("any-status-accepted"):
        return Text(max_length=16, **kwargs)
    if fault("bad-status-500"):
        return Text(**kwargs)
    return Choice(choices=task_statuses(), **kwargs)


class TaskUpdateSerializer(Input):
    status = _status(required=False)
    link_profile = Link(required=False, surrogates=fault("put-surrogate-500"))
    link_post = Link(required=False, surrogates=fault("put-surrogate-500"))
    error_message = Text(required=False, allow_blank=True, surrogates=fault("put-surrogate-500"))
    note = Text(required=False, allow_blank=True, surrogates=fault("put-surrogate-500"))
    is_indexed = Flag(required=False)

    def validate(self, values):
        if variant("empty-update-refused") and not set(values) - {"link_id"}:
            raise serializers.ValidationError("Nothing to update.")
        return values


class BulkItemSerializer(TaskUpdateSerializer):
    link_id = serializers.UUIDField()


def _batch_limit(low, high):
    return MAX_BATCH - 1 if fault(low) else MAX_BATCH + 1 if fault(high) else MAX_BATCH


class BulkSerializer(Input):
    items = BulkItemSerializer(many=True, allow_empty=not variant("empty-batch-refused"),
                               max_length=_batch_limit("bulk-500-refused", "bulk-501-accepted"))

    # "items" is a field here, not the dict method.
    def validate_items(self, items):
        if variant("bulk-duplicates-refused") and len({i["link_id"] for i in items}) < len(items):
            raise serializers.ValidationError("A link_id occurs twice.")
        return items


class LooseBulkSerializer(Input):
    """Only the envelope; items are checked one by one (variant bulk-errors-per-item)."""

    items = serializers.ListField(max_length=MAX_BATCH, allow_empty=not variant("empty-batch-refused"))


def _levels():
    names = list(LogLevel.values)
    if fault("logs-debug-refused"):
        names.remove("DEBUG")
    if fault("logs-fatal-accepted"):
        names.append("FATAL")
    return names


class LogSerializer(Input):
    level = Choice(choices=_levels())
    message = Text(allow_blank=variant("blank-message-allowed"), surrogates=fault("logs-surrogate-500"))

    def to_internal_value(self, data):
        if variant("level-any-case") and isinstance(data, Mapping) and isinstance(data.get("level"), str):
            data = {**data, "level": data["level"].upper()}
        return super().to_internal_value(data)


class LogsSerializer(Input):
    logs = LogSerializer(many=True, allow_empty=not variant("empty-batch-refused"),
                         max_length=_batch_limit("logs-500-refused", "logs-501-accepted"))


class LooseLogsSerializer(Input):
    logs = serializers.ListField(max_length=MAX_BATCH, allow_empty=not variant("empty-batch-refused"))


class LinkUpdateSerializer(Input):
    link_id = serializers.UUIDField(required=not fault("link-update-no-id-200"))
    status = _status(required=fault("link-update-status-required"))
    link_profile = Link(required=False)
    link_post = Link(required=False)
    error_message = Text(required=False, allow_blank=True)


class LinkCompleteSerializer(Input):
    link_id = serializers.UUIDField()
    link_profile = Link(required=False)
    link_post = Link(required=False)


REQUEST_STATUSES = ["pending", "queued", "running", "processing", "active", "paused", "completed",
                    "failed", "canceled"]
ACCOUNT_STATUSES = ["active", "inactive", "pending", "banned", "blocked", "locked", "error", "dead"]


class RequestStatusSerializer(Input):
    request_id = serializers.UUIDField()
    status = Choice(choices=REQUEST_STATUSES) if variant("request-status-choices") else Text(max_length=64)


class AccountStatusSerializer(Input):
    account_id = serializers.UUIDField()
    status = Choice(choices=ACCOUNT_STATUSES) if variant("account-status-choices") else Text(max_length=64)


class TaskQuerySerializer(serializers.Serializer):
    """Query parameters of GET /tasks, except the forgiving parts that need the raw query."""

    page = serializers.IntegerField(min_value=1, max_value=MAX_INT, default=1)
    limit = serializers.IntegerField(min_value=1, default=50 if fault("list-limit-default-50") else 100)
    after = serializers.UUIDField(required=False)
    service_type = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False,
                                         validators=[ProhibitNullCharactersValidator()])


# ---- output -------------------------------------------------------------------------------------

class TaskSerializer(serializers.Serializer):
    id = Id()
    request_id = Id()
    service_type = serializers.CharField()
    site_id = Id()
    site_name = serializers.CharField()
    email = serializers.CharField()
    username = serializers.CharField()
    password = serializers.CharField()
    about = serializers.CharField()
    link_profile = serializers.CharField()
    link_post = serializers.CharField()
    status = serializers.CharField()
    retry_count = serializers.IntegerField()
    max_retries = serializers.IntegerField()
    details = serializers.JSONField()
    started_at = Time()
    created_at = Time()
    request_name = serializers.CharField(source="request.name", allow_null=True)
    request_website = serializers.CharField(source="request.website", allow_null=True)
    type_request = serializers.CharField(source="request.type", allow_null=True)
    auction_price = Price(source="request.auction_price", allow_null=True)
    config = serializers.CharField()

    def to_representation(self, task):
        row = super().to_representation(task)
        if variant("extra-task-fields"):
            row |= {
                "account_id": show_id(task.account_id) if task.account_id else None,
                "error_message": task.error_message, "note": task.note, "is_indexed": task.is_indexed,
                "completed_at": show_time(task.completed_at) if task.completed_at else None,
                "updated_at": show_time(task.updated_at),
            }
        if fault("list-password-masked"):
            row["password"] = "********"
        if fault("list-config-object"):
            row["config"] = {"raw": row["config"]}
        if fault("list-website-missing"):
            del row["request_website"]
        if fault("list-website-wrong"):
            row["request_website"] = row["site_name"]
        if fault("list-links-swapped"):
            row["link_profile"], row["link_post"] = row["link_post"], row["link_profile"]
        return row
