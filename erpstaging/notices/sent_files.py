"""The mails that a demo sent, read back from the files in which they ended: nobody outside ever got them."""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

FILE_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
BETWEEN = b"\n" + b"-" * 79 + b"\n"
KEY = re.compile(r"\d+")
MOST_FILES, MOST_MAILS, MOST_BYTES = 500, 100, 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """`key` is the number of its notice."""

    key: str
    subject: str
    to: str
    at: datetime
    headers: list[tuple[str, str]]
    text: str
    html: str


def are_kept() -> bool:
    """Whether this is a demo whose mails end in files."""
    return settings.ENVIRONMENT == "demo" and settings.EMAIL_BACKEND == FILE_BACKEND


def sent_mails(company_id: int) -> list[SentMail]:
    """A company's mails, the newest first, at most 100."""
    found: dict[str, SentMail] = {}
    for message in _messages():
        mail = _read(message, company_id)
        if mail is not None and mail.key not in found:
            found[mail.key] = mail
        if len(found) == MOST_MAILS:
            break
    return sorted(found.values(), key=lambda mail: (mail.at, int(mail.key)), reverse=True)


def sent_mail(company_id: int, key: str) -> SentMail | None:
    return next((mail for mail in sent_mails(company_id) if mail.key == key), None)


def _messages() -> Iterator[EmailMessage]:
    """Newest files first: their names begin with the moment."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda file: file.name, reverse=True) if folder.is_dir() else []
    for file in files[:MOST_FILES]:
        if file.stat().st_size > MOST_BYTES:
            continue
        for one in file.read_bytes().split(BETWEEN):
            if one.strip():
                yield email.message_from_bytes(one, policy=email.policy.default)


def _read(message: EmailMessage, company_id: int) -> SentMail | None:
    """None for what is another company's, or no mail of ours."""
    named = re.fullmatch(rf"<notice-(\d+)@erpstaging\.{company_id}>", str(message["Message-ID"] or "").strip())
    if named is None:
        return None
    return SentMail(
        key=named[1],
        subject=str(message["Subject"] or ""),
        to=str(message["To"] or ""),
        at=_date(message),
        headers=[(name, str(value)) for name, value in message.items()],
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _date(message: EmailMessage) -> datetime:
    """UTC is written as -0000, which reads as a time without a zone."""
    try:
        return parsedate_to_datetime(str(message["Date"])).replace(tzinfo=UTC)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body(preferencelist=(subtype,))
    content = part.get_payload(decode=True) if part is not None else b""
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
