"""Django settings. Everything that names a module is derived from this package's own name."""

import os
import secrets

from .variants import variant

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY") or secrets.token_urlsafe(50)
DEBUG = False
ALLOWED_HOSTS = ["*"]
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

ROOT_URLCONF = f"{__package__}.urls"
WSGI_APPLICATION = None
INSTALLED_APPS = ["rest_framework", f"{__package__}.apps.WorkerConfig"]

MIDDLEWARE = []
if variant("gzip-answers"):
    MIDDLEWARE.append("django.middleware.gzip.GZipMiddleware")
if variant("etag-answers"):
    MIDDLEWARE.append("django.middleware.http.ConditionalGetMiddleware")
if variant("chunked-answers"):
    MIDDLEWARE.insert(0, f"{__package__}.middleware.chunked")
MIDDLEWARE.append("django.middleware.common.CommonMiddleware")

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("WORKER_DB", ":memory:"),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            # Writers queue up at BEGIN, so a read-then-write transaction cannot lose an update.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;",
        },
    }
}

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [f"{__package__}.auth.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [f"{__package__}.auth.IsWorkerServer"],
    "DEFAULT_PARSER_CLASSES": [f"{__package__}.http.JSONBodyParser"],
    "DEFAULT_RENDERER_CLASSES": [f"{__package__}.http.AnswerRenderer"],
    "EXCEPTION_HANDLER": f"{__package__}.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "UNICODE_JSON": not variant("ascii-json"),
}
if variant("accept-ignored"):
    REST_FRAMEWORK["DEFAULT_CONTENT_NEGOTIATION_CLASS"] = f"{__package__}.http.AlwaysJSON"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "ERROR"},
    "loggers": {"django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
}
