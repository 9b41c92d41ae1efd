"""Tables of the worker API."""

import uuid

from django.db import models
from django.utils import timezone


class TaskStatus(models.TextChoices):
    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


class LogLevel(models.TextChoices):
    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"
    DEBUG = "DEBUG"


class Server(models.Model):
    """A tool server. Doubles as the authenticated principal of a request."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    api_key = models.CharField(max_length=255, unique=True)
    status = models.CharField(max_length=32)
    ip = models.CharField(max_length=255, blank=True)
    cpu_usage = models.FloatField(null=True)
    ram_usage = models.FloatField(null=True)
    disk_usage = models.FloatField(null=True)
    active_threads = models.IntegerField(null=True)
    active_tasks = models.IntegerField(null=True)
    last_heartbeat_at = models.DateTimeField(null=True)

    WORKING = ("online", "active")
    is_authenticated = True

    class Meta:
        db_table = "servers"


class LinkRequest(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    website = models.TextField(blank=True)
    type = models.CharField(max_length=64, blank=True)
    auction_price = models.FloatField(default=0)
    status = models.CharField(max_length=64)
    created_links = models.IntegerField(default=0)

    class Meta:
        db_table = "requests"


class Account(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=64)

    class Meta:
        db_table = "accounts"


class Task(models.Model):
    """One link to build; the callbacks of the API call its id link_id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    server = models.ForeignKey(Server, models.CASCADE, related_name="tasks")
    request = models.ForeignKey(LinkRequest, models.CASCADE, related_name="tasks", null=True)
    account = models.ForeignKey(Account, models.SET_NULL, related_name="tasks", null=True)
    service_type = models.CharField(max_length=64)
    site_id = models.UUIDField(null=True)
    site_name = models.TextField(blank=True)
    email = models.TextField(blank=True)
    username = models.TextField(blank=True)
    password = models.TextField(blank=True)
    about = models.TextField(blank=True)
    link_profile = models.TextField(blank=True)
    link_post = models.TextField(blank=True)
    status = models.CharField(max_length=16, choices=TaskStatus, default=TaskStatus.PENDING)
    retry_count = models.PositiveIntegerField(default=0)
    max_retries = models.PositiveIntegerField(default=3)
    details = models.JSONField(null=True)
    config = models.TextField(blank=True, null=True)
    error_message = models.TextField(blank=True)
    note = models.TextField(blank=True)
    is_indexed = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "tasks"
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["server", "status", "created_at"], name="tasks_by_server")]


class LogEntry(models.Model):
    server = models.ForeignKey(Server, models.CASCADE, related_name="logs", null=True)
    level = models.CharField(max_length=8, choices=LogLevel)
    message = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "logs"
