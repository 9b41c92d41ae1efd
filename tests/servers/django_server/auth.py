"""X-API-Key authentication against the servers table."""

import time

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission

from .faults import fault, shared
from .models import Server


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request):
        key = request.headers["X-API-Key"] if fault("no-key-500") else request.headers.get("X-API-Key")
        if not key:
            return None
        server = self.find(key)
        if server is None:
            raise AuthenticationFailed("Invalid API key.", code="invalid_api_key")
        if not self.is_working(server, request):
            raise AuthenticationFailed("Server is not active.", code="server_inactive")
        if fault("server-mixed-up"):
            shared.server = server
            time.sleep(0.03)
        return server, key

    def find(self, key):
        if fault("key-prefix-enough"):
            return Server.objects.filter(api_key__startswith=key).first()
        if fault("key-case-ignored"):
            return Server.objects.filter(api_key__iexact=key).first()
        return Server.objects.filter(api_key=key).first()

    def is_working(self, server, request):
        if fault("inactive-accepted"):
            return True
        if fault("inactive-accepted-callbacks") and "/callback/" in request.path:
            return True
        if fault("active-refused"):
            return server.status == "online"
        return server.status in Server.WORKING

    def authenticate_header(self, request):
        # Without a challenge DRF turns 401 into 403.
        return None if fault("unauthenticated-403") else "ApiKey"


class IsWorkerServer(BasePermission):
    def has_permission(self, request, view):
        return request.user is not None
