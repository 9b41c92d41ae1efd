from django.apps import AppConfig


class WorkerConfig(AppConfig):
    # The package may live anywhere; only the label is fixed.
    name = __package__
    label = "worker"
    default_auto_field = "django.db.models.BigAutoField"
