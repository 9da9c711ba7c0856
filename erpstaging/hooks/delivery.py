"""Sending: one POST per delivery, with no transaction open, and what came back."""

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests
import urllib3
from requests.structures import CaseInsensitiveDict
from standardwebhooks import Webhook

from erpstaging.core.correlation import correlated
from erpstaging.core.errors import Refused
from erpstaging.hooks.claims import Claim
from erpstaging.hooks.destinations import masked
from erpstaging.hooks.egress import CONNECT_TIMEOUT_S, Exchange, adapter
from erpstaging.hooks.leases import Sending, kept
from erpstaging.hooks.models import Delivery, Hook, Profile
from erpstaging.hooks.outcomes import Answer, Result, Verdict, verdict
from erpstaging.hooks.signing import old_secret_of, signing_secret_of
from erpstaging.hooks.subscriptions import headers_of

# Seconds from the connection to the end of the answer. 5 is documented: procore/documentation, webhooks/webhooks.md.
ANSWER_TIMEOUT_S = {Profile.PROCORE.value: 5.0, Profile.DURABLE.value: 30.0}
READ_BYTES = 64 * 1024
KEPT_BYTES = 4 * 1024
KEPT_HEADERS = 50
# A worker returns to the other hooks after this; what it did not send is given back.
BUDGET_S = 1.0
USER_AGENT = "erpstaging"
logger = logging.getLogger(__name__)
_HIDDEN_HEADERS = frozenset({"set-cookie", "set-cookie2", "authorization", "proxy-authenticate", "www-authenticate"})


def send(claimed: Claim) -> int:
    """Send the deliveries of a claim and write what came of them; returns how many were tried."""
    with kept(claimed) as sending:
        post_all(sending)
    return sending.tried


def post_all(sending: Sending) -> None:
    """Send the deliveries of a claim in their order, as far as a short time goes. It needs no database.

    A serial hook stops at the first that fails.
    """
    started, claimed = time.monotonic(), sending.claim
    post = Post(claimed)
    for delivery in claimed.deliveries:
        if time.monotonic() - started > BUDGET_S or not sending.begin(delivery):
            break
        answer = post.attempt(delivery)
        sending.finish(Result(delivery, answer))
        if not _goes_on(claimed.hook, answer):
            break


def _goes_on(hook: Hook, answer: Answer) -> bool:
    return hook.profile == Profile.DURABLE or verdict(hook.profile, answer) is Verdict.OK


class Post:
    """The POSTs of one claim: what is the same for all of them is made once."""

    def __init__(self, claimed: Claim) -> None:
        self._claimed = claimed
        self._signer = Webhook(signing_secret_of(claimed.hook))
        old = old_secret_of(claimed.hook, claimed.clock())
        self._old_signer = None if old is None else Webhook(old)
        self._answer_s = ANSWER_TIMEOUT_S[claimed.hook.profile]
        # Ours that a hook may replace, and the hook's.
        headers = CaseInsensitiveDict({"Content-Type": "application/json", "User-Agent": USER_AGENT, "Accept": "*/*"})
        headers.update(headers_of(claimed.hook))
        self._headers: Mapping[str, str] = dict(headers)
        self._masked = masked(self._headers)
        self._template: requests.PreparedRequest | None = None

    def attempt(self, delivery: Delivery) -> Answer:
        """Make one attempt. It never raises for what a receiver or the network does; that is an answer's `error`."""
        with correlated(delivery.event.correlation_id):
            answer = self._attempt(delivery)
            if answer.error or not 200 <= (answer.status or 0) <= 299:
                said = (delivery.pk, delivery.hook_id, delivery.attempts + 1, answer.error or answer.status)
                logger.info("Delivery %d to hook %d, attempt %d: %s", *said)
        return answer

    def _attempt(self, delivery: Delivery) -> Answer:
        started_at, started = self._claimed.clock(), time.monotonic()
        status, received, excerpt, error = None, CaseInsensitiveDict[str](), b"", ""
        sent: dict[str, str] = {}
        with Exchange(self._answer_s, self._claimed.opened) as exchange:
            try:
                request = self._request(delivery, started_at)
                sent = self._shown(request)
                # The exchange ends in time; the socket's own time-out only stands behind it.
                response = adapter().send(request, stream=True, timeout=(CONNECT_TIMEOUT_S, self._answer_s + 1))
                status, received = response.status_code, response.headers
                excerpt = _read(response)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError, Refused) as exc:
                error = _described(exc)
        if exchange.timed_out:
            error = f"No complete answer within {self._answer_s:.0f} s."
        return Answer(
            started_at=started_at,
            duration_s=time.monotonic() - started,
            status=status,
            request_headers=sent,
            headers=_kept_headers(received),
            body=_text(excerpt[:KEPT_BYTES]),
            error=error,
            retry_after_s=retry_after_s(received.get("Retry-After", ""), now=self._claimed.clock()),
        )

    def _request(self, delivery: Delivery, moment: datetime) -> requests.PreparedRequest:
        if self._template is None:
            url = self._claimed.hook.destination_url
            self._template = requests.Request("POST", url, headers=dict(self._headers)).prepare()
        request, body = self._template.copy(), delivery.body.encode()
        request.body = body
        request.headers.update(self._identity(delivery, moment), **{"Content-Length": str(len(body))})
        return request

    def _identity(self, delivery: Delivery, moment: datetime) -> dict[str, str]:
        """Headers that no hook can replace.

        The id is the same at every attempt, so a receiver can drop repeats; the time is the attempt's (Standard
        Webhooks).
        """
        event = delivery.event
        signers, until = [self._signer], self._claimed.hook.old_secret_until
        if self._old_signer is not None and until is not None and moment < until:
            signers.append(self._old_signer)
        signatures = [signer.sign(event.ulid, moment, delivery.body) for signer in signers]
        return {
            "webhook-id": event.ulid,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signatures),
            "webhook-attempt": str(delivery.attempts + 1),
            **({"X-Correlation-ID": event.correlation_id} if event.correlation_id else {}),
            **({"webhook-test": "true"} if delivery.is_test else {}),
        }

    def _shown(self, request: requests.PreparedRequest) -> dict[str, str]:
        """The headers as the log keeps them: of a secret one its end."""
        shown = {name: self._masked.get(name, value) for name, value in request.headers.items()}
        signatures = shown["webhook-signature"].split(" ")
        shown["webhook-signature"] = " ".join(f"v1,{'*' * 10}{one[-5:]}" for one in signatures)
        return shown


def _read(response: requests.Response) -> bytes:
    """At most 64 KiB, as they came: nothing is decompressed. A longer answer is cut off with its connection."""
    data: bytes = response.raw.read(READ_BYTES, decode_content=False)
    if len(data) == READ_BYTES:
        response.close()
    return data


def _described(exc: Exception) -> str:
    """What went wrong, in words that carry neither the URL's query nor a header."""
    reason = getattr(exc.args[0], "reason", None) if exc.args else None
    for kind, text in _TROUBLE:
        if isinstance(exc, kind) or isinstance(reason, kind):
            return text
    return exc.message if isinstance(exc, Refused) else "The connection ended without a complete answer."


_TROUBLE: tuple[tuple[type[Exception], str], ...] = (
    (urllib3.exceptions.NameResolutionError, "The name of the destination cannot be resolved."),
    (requests.ConnectTimeout, f"No connection within {CONNECT_TIMEOUT_S:.0f} s."),
    (urllib3.exceptions.NewConnectionError, "The destination refused the connection."),
    (requests.exceptions.SSLError, "TLS failed; the certificate may be invalid for this name."),
    (requests.ReadTimeout, "The destination stopped answering."),
)


def _kept_headers(received: Mapping[str, str]) -> dict[str, str]:
    kept = list(received.items())[:KEPT_HEADERS]
    return {
        _printable(name)[:100]: "[hidden]" if name.lower() in _HIDDEN_HEADERS else _printable(value)[:500]
        for name, value in kept
    }


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _text(excerpt: bytes) -> str:
    return excerpt.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def retry_after_s(value: str, *, now: datetime) -> float | None:
    """Seconds that a Retry-After header (RFC 9110, 10.2.3) asks to wait; None when it says nothing that can be read."""
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())
