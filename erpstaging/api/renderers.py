"""How answers are written: always JSON, whatever the caller says he accepts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from erpstaging.core.money import WireNumber


def _plain(value: Any) -> Any:
    """Values that the encoder does not know by itself."""
    if isinstance(value, WireNumber):
        return msgspec.Raw(str(value).encode())
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return list(value)
    return str(value)


_encoder = msgspec.json.Encoder(enc_hook=_plain, decimal_format="string")


def wire_time(moment: datetime | None) -> str | None:
    """UTC with a `Z`, as every time on the wire."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def wire_date(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def to_json(value: Any) -> bytes:
    """Amounts as strings, times in UTC with `Z`, nothing as `{}`."""
    return b"{}" if value is None else _encoder.encode(value)


class WireJSONRenderer(BaseRenderer):
    """`application/json; charset=utf-8`; never an empty body, because clients parse every answer."""

    media_type = "application/json"
    format = "json"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return to_json(data)


class AlwaysJSON(BaseContentNegotiation):
    """`Accept` is ignored: existing clients misspell it, and no answer of the API is anything but JSON."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        given = request.content_type.partition(";")
        charset = given[2].lower().replace('"', "").replace(" ", "")
        if given[0].strip().lower() != "application/json" or charset not in {"", "charset=utf-8", "charset=utf8"}:
            return None
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type
