"""Offset and cursor pagination of the task list."""

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from .faults import fault
from .http import show_id
from .variants import variant

MAX_LIMIT = 100 if fault("list-limit-max-100") else 1000


class TaskPagination(BasePagination):
    """Takes the validated query from the view; with `after` the page number is ignored."""

    descending = variant("order-newest-first")
    keys = ("id",) if variant("order-by-id") else ("created_at", "id")

    def paginate_queryset(self, queryset, request, view=None):
        query = view.query
        if query["limit"] > MAX_LIMIT and variant("big-limit-refused"):
            raise ValidationError({"limit": [f"At most {MAX_LIMIT}."]})
        self.page, self.limit = query["page"], min(query["limit"], MAX_LIMIT)
        self.total = queryset.count()
        if fault("list-total-unfiltered"):
            self.total = view.own_tasks().count()
        if fault("list-total-all-servers"):
            self.total = view.filtered(view.all_tasks()).count()

        after = None if fault("cursor-ignored") else query.get("after")
        self.cursor_mode = query.get("after") is not None
        queryset = queryset.order_by(*(("-" + key if self.descending else key) for key in self.keys))
        if fault("list-order-random"):
            queryset = queryset.order_by("?")
        if after is not None:
            rows = self.after_cursor(queryset, after, view)
            start = 1 if fault("cursor-skips-one") else 0
        else:
            rows, start = queryset, self.offset()
        size = 100 if fault("list-limit-ignored") else self.limit
        found = list(rows[start:start + size + 1])
        self.items, self.has_more = found[:size], len(found) > size
        if not self.items and after is None and self.page > 1 and variant("page-past-end-404"):
            raise NotFound("Invalid page.")
        if fault("list-total-of-page"):
            self.total = len(self.items)
        return self.items

    def offset(self):
        start = (self.page - 1) * self.limit
        if fault("list-page-zero-based"):
            start = self.page * self.limit
        if fault("list-page-overlaps") and self.page > 1:
            start -= 1
        if fault("list-page-gap"):
            start += self.page - 1
        return start

    def after_cursor(self, queryset, after, view):
        if fault("cursor-by-id-only"):
            return queryset.filter(id__gt=after)
        try:
            # The cursor's task may have left the filter since; look among all of the server's tasks.
            known = queryset if fault("cursor-needs-match") else view.own_tasks()
            last = known.get(pk=after)
        except ObjectDoesNotExist:
            if variant("unknown-cursor-first-page"):
                return queryset
            if variant("unknown-cursor-404"):
                raise NotFound("Unknown cursor.") from None
            raise ValidationError({"after": ["Unknown cursor."]}) from None
        if fault("cursor-forgets-filter"):
            queryset = view.own_tasks().order_by(*queryset.query.order_by)
        step = "lt" if self.descending else "gt"
        if self.keys == ("id",):
            return queryset.filter(**{f"id__{step}": last.id})
        id_step = step + "e" if fault("cursor-repeats-item") else step
        return queryset.filter(Q(**{f"created_at__{step}": last.created_at})
                               | Q(created_at=last.created_at, **{f"id__{id_step}": last.id}))

    def next_cursor(self):
        if not self.items or not (self.has_more or variant("cursor-always")):
            return None
        return show_id(self.items[0 if fault("cursor-of-first-item") else -1].id)

    def get_paginated_response(self, data):
        body = {
            "data": data,
            "total": self.total,
            "page": None if self.cursor_mode and variant("cursor-page-null") else self.page,
            "limit": self.limit,
            "next_cursor": self.next_cursor(),
        }
        if body["next_cursor"] is None and variant("cursor-omitted-at-end"):
            del body["next_cursor"]
        return Response(body)
