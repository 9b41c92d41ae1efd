from django.http import StreamingHttpResponse


def chunked(get_response):
    """Variant chunked-answers: bodies go out in pieces, without Content-Length."""

    def middleware(request):
        response = get_response(request)
        if response.streaming or response.status_code in (204, 304) or request.method == "HEAD":
            return response
        body, size = response.content, 1000
        pieces = (body[i:i + size] for i in range(0, len(body), size))
        answer = StreamingHttpResponse(pieces, status=response.status_code, headers=dict(response.items()))
        del answer["Content-Length"]
        return answer

    return middleware
