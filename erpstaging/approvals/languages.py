"""The language of a page: what the person chose, else what the browser asks for.

What machines read stays English whoever asks, because texts of the wire are facts that programs compare.
"""

from collections.abc import Callable, Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from erpstaging.companies.models import User
from erpstaging.core.addresses import for_machines


class PageLanguage:
    """Pages alone; everything else is answered in English."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if for_machines(request.path):
            return self.get_response(request)
        language = language_of(request)
        with translation.override(language):
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = _spoken(iter(response), language)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language"])
        return response


def language_of(request: HttpRequest) -> str:
    chosen = request.user.language if isinstance(request.user, User) else ""
    return chosen or translation.get_language_from_request(request)


def _spoken(parts: Iterator[bytes], language: str) -> Iterator[bytes]:
    """A file that is still written after the answer began is written in the answer's language to its end."""
    while True:
        with translation.override(language):
            part = next(parts, None)
        if part is None:
            return
        yield part
