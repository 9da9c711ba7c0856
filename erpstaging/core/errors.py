"""What the service refuses, and why. A refusal is an answer, not a fault: faces turn it into words or JSON."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Messages = Mapping[str, Sequence[str]]


class Refused(Exception):
    """A rule said no.

    `errors` names fields and what was wrong with each; texts about the whole object stand under `base`.
    `facts` are further values a machine may need, such as `version` or `decided_by`. `follow_up` is what has to
    happen although the command is rolled back, such as asking the integration for its metadata.
    """

    code = "refused"
    follow_up: Callable[[], None] | None = None

    def __init__(self, message: str, *, code: str | None = None, errors: Messages | None = None, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.errors: dict[str, list[str]] = {field: list(texts) for field, texts in (errors or {}).items()}
        self.facts = facts


class BadRequest(Refused):
    """The request itself cannot be read."""

    code = "bad_request"


class Invalid(Refused):
    """Values break a rule; `errors` says which."""

    code = "invalid"

    @classmethod
    def field(cls, name: str, text: str, *, code: str | None = None, **facts: Any) -> "Invalid":
        return cls(text, code=code, errors={name: [text]}, **facts)


class NotPermitted(Refused):
    """The caller may see it and may not do it."""

    code = "missing_privilege"


class NotFound(Refused):
    """It does not exist, or not for this caller: the two are told apart nowhere."""

    code = "not_found"

    def __init__(self, message: str = "Not found.", **facts: Any) -> None:
        super().__init__(message, **facts)


class Gone(Refused):
    """It was kept for a time, and that is over."""

    code = "gone"


class WrongState(Refused):
    """The act is not possible in the state the object is in."""

    code = "wrong_state"


class StaleVersion(WrongState):
    """The object changed since the caller looked; `facts` say who changed it and when."""

    code = "stale_version"


class VersionMissing(Refused):
    """A decision has to name the version it decides on; `facts["version"]` is the current one."""

    code = "version_required"


class TooLarge(Refused):
    """More than the service takes in one call."""

    code = "too_large"


class Busy(Refused):
    """The database stayed contended through every retry; trying again later is safe."""

    code = "busy"
