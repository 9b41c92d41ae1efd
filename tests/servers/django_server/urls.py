from django.urls import re_path

from . import errors, views
from .faults import fault
from .variants import variant

BASE = "^api/v1/worker/"
END = "/?$" if variant("trailing-slash-too") else "$"

ROUTES = [
    ("health", views.HealthView),
    ("tasks", views.TaskListView),
    ("tasks/bulk", views.BulkView),
    ("tasks/(?P<task_id>[^/]+)", views.TaskView),
    ("logs", views.LogsView),
    ("callback/link/update", views.LinkUpdateView),
    ("callback/link/complete", views.LinkCompleteView),
    ("callback/request/status", views.RequestStatusView),
    ("callback/account/status", views.AccountStatusView),
]
if fault("bulk-route-shadowed"):
    ROUTES[2], ROUTES[3] = ROUTES[3], ROUTES[2]

urlpatterns = [re_path(BASE + path + END, view.as_view()) for path, view in ROUTES]
if fault("account-status-old-path"):
    urlpatterns[-1] = re_path("^api/v1/callback/account/status" + END, views.AccountStatusView.as_view())

handler400 = errors.bad_request
handler404 = errors.not_found
handler500 = errors.server_error
