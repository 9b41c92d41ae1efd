"""How bodies come in and answers go out: parser, renderer, formats of ids and times."""

import json
from datetime import datetime, timedelta, timezone as tz

from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer

from .faults import fault
from .variants import variant

HANOI = tz(timedelta(hours=7))


def show_id(value):
    text = str(value)
    return text.upper() if variant("upper-case-ids") else text


def show_time(value: datetime):
    value = value.astimezone(HANOI if variant("time-hanoi") else tz.utc)
    digits = "microseconds" if value.microsecond or variant("time-microseconds") else "seconds"
    text = value.isoformat(timespec=digits)
    if text.endswith("+00:00") and not variant("time-offset"):
        text = text[:-6] + "Z"
    return text


def show_local_time(value: datetime):
    """What faults with a naive local clock show."""
    return value.astimezone(HANOI).replace(tzinfo=None).isoformat(timespec="seconds")


class JSONBodyParser(JSONParser):
    media_type = "*/*" if variant("any-content-type") else "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        # JSON is UTF-8, whatever charset the request claims.
        context = {**(parser_context or {}), "encoding": "utf-8"}
        if fault("malformed-json-500"):
            return json.loads(stream.read())
        try:
            return super().parse(stream, media_type, context)
        except RecursionError:
            raise exceptions.ParseError("JSON is nested too deeply.") from None


class AnswerRenderer(JSONRenderer):
    charset = "utf-8" if variant("charset-in-type") else None

    def get_indent(self, accepted_media_type, renderer_context):
        return 2 if variant("pretty-json") else super().get_indent(accepted_media_type, renderer_context)


class AlwaysJSON(DefaultContentNegotiation):
    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type
