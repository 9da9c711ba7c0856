"""Encryption of single values at rest. Everything that is stored encrypted passes through here."""

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def encrypt(value: str) -> str:
    """`<key id>.<token>`, with the first key; the key id tells a rotation which rows are still to be done."""
    key_id, fernets = _fernets(tuple(settings.FIELD_KEYS), settings.SECRET_KEY)
    return f"{key_id}.{fernets.encrypt(value.encode()).decode()}"


def decrypt(stored: str) -> str:
    """Raises ImproperlyConfigured when none of the keys of this installation opens the value."""
    _, fernets = _fernets(tuple(settings.FIELD_KEYS), settings.SECRET_KEY)
    key_id, _, token = stored.partition(".")
    try:
        return fernets.decrypt(token).decode()
    except InvalidToken:
        raise ImproperlyConfigured(f"ERPSTAGING_FIELD_KEYS lacks the key {key_id}, or the value was altered.") from None


def first_key_id() -> str:
    """A fingerprint of the key that encrypts, as it stands before each value."""
    return _fernets(tuple(settings.FIELD_KEYS), settings.SECRET_KEY)[0]


def uses_first_key(stored: str) -> bool:
    """Whether a rotation may leave the value as it is."""
    return stored.partition(".")[0] == first_key_id()


@lru_cache(maxsize=4)
def _fernets(keys: tuple[str, ...], secret_key: str) -> tuple[str, MultiFernet]:
    """The id of the first key, and all keys; the one derived from the secret key still opens what it once closed."""
    every = [*keys, _derived(secret_key)]
    try:
        fernets = MultiFernet([Fernet(key) for key in every])
    except ValueError:
        raise ImproperlyConfigured("Each of ERPSTAGING_FIELD_KEYS must be 32 bytes in URL-safe base64.") from None
    return hashlib.sha256(every[0].encode()).hexdigest()[:8], fernets


def _derived(secret_key: str) -> str:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"erpstaging field encryption")
    return base64.urlsafe_b64encode(kdf.derive(secret_key.encode())).decode()
