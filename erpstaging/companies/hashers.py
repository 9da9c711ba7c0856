"""How client secrets are hashed, and the passwords of a demo."""

import hashlib
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher, PBKDF2PasswordHasher
from django.utils.crypto import constant_time_compare


class DemoPasswordHasher(PBKDF2PasswordHasher):
    """An eighth of the usual cost, for passwords that a demo draws for the people it makes up on one machine: at full
    cost they were a third of what its first start has to compute. Whoever signs in elsewhere is hashed anew.
    """

    iterations = PBKDF2PasswordHasher.iterations // 8


class ClientSecretHasher(BasePasswordHasher):
    """Salted SHA-512 for secrets that we drew ourselves: 128 random characters cannot be guessed, so slowness buys
    nothing, and every token request pays for it. Never for a password that a person chose.
    """

    algorithm = "client_secret"

    def encode(self, password: str, salt: str) -> str:
        digest = hashlib.sha512(f"{salt}{password}".encode()).hexdigest()
        return f"{self.algorithm}${salt}${digest}"

    def verify(self, password: str, encoded: str) -> bool:
        salt = encoded.split("$", 2)[1]
        return constant_time_compare(encoded, self.encode(password, salt))

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        return {"algorithm": self.algorithm}

    def must_update(self, encoded: str) -> bool:
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing to even out: one round."""
