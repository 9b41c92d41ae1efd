"""Errors of the API and the shape of error answers."""

import uuid

from django.http import JsonResponse
from django.utils import timezone
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from .faults import fault
from .http import show_time
from .variants import variant


class NotYourTask(exceptions.PermissionDenied):
    default_detail = "Task does not belong to this server."
    default_code = "not_your_task"


class BadRequest(exceptions.APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = "Bad request."
    default_code = "bad_request"


VIETNAMESE = {
    400: "Request không hợp lệ",
    401: "API key không hợp lệ hoặc server không active",
    403: "Task không thuộc server này",
    404: "Không tìm thấy resource",
    500: "Lỗi hệ thống",
}


def error_body(code, message, http_status, details=None):
    if variant("error-vietnamese"):
        message = VIETNAMESE.get(http_status, message)
    if variant("error-detail-only"):
        body = {"detail": code if code == "not_your_task" else details or message}
    elif variant("error-object"):
        body = {"success": False, "error": {"code": code, "message": message}}
        if details:
            body["error"]["details"] = details
    else:
        body = {"success": False, "error": code, "message": message}
        if details:
            body["details"] = details
    if variant("error-extra-fields"):
        body |= {"status": http_status, "trace_id": uuid.uuid4().hex, "timestamp": show_time(timezone.now())}
    return body


def exception_handler(exc, context):
    response = drf_exception_handler(exc, context)
    if response is None:
        return None  # left to Django: logged, then handler500
    if isinstance(exc, exceptions.UnsupportedMediaType) and variant("media-type-400"):
        response.status_code = 400
    details = None
    if isinstance(exc, exceptions.ValidationError):
        code, message, details = "validation_error", "Invalid request.", exc.detail
    else:
        detail = response.data.get("detail", "")
        code, message = getattr(detail, "code", "error"), str(detail)
    response.data = error_body(code, message, response.status_code, details)
    if response.status_code == 401 and fault("unauthenticated-redirect"):
        return Response(status=302, headers={"Location": "/login"})
    if response.status_code != 401 and fault("errors-with-200"):
        response.status_code = 200
    return response


def not_found(request, exception=None):
    return JsonResponse(error_body("not_found", "Not found.", 404), status=404)


def server_error(request):
    return JsonResponse(error_body("server_error", "Internal server error.", 500), status=500)


def bad_request(request, exception=None):
    return JsonResponse(error_body("bad_request", "Bad request.", 400), status=400)
