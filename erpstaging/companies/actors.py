"""Who acts: the one value that every service takes to know its caller and his rights."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from erpstaging.companies.models import Company, Direction, ErpLevel, Membership, ProjectLevel, ServiceAccount, User
from erpstaging.core import sets
from erpstaging.core.errors import NotPermitted

Kind = Literal["person", "service_account", "rule", "system"]
Act = Literal["read", "write"]
DIRECTIONS = frozenset(Direction.values)


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller inside one company.

    `rights` are words such as "erp_admin" or "push"; `owner_id` is the person who answers for a service account.
    """

    kind: Kind
    id: int | None
    name: str
    rights: frozenset[str] = frozenset()
    item_types: frozenset[str] | None = None
    owner_id: int | None = None
    credential: str = ""
    address: str | None = None
    user_agent: str = ""
    email: str = field(default="", repr=False)

    def may(self, right: str) -> bool:
        return right in self.rights

    def require(self, right: str, message: str) -> None:
        """Raises NotPermitted with `message` when the right is missing."""
        if right not in self.rights:
            raise NotPermitted(message)

    @property
    def user_id(self) -> int | None:
        return self.id if self.kind == "person" else None

    @property
    def account_id(self) -> int | None:
        return self.id if self.kind == "service_account" else None

    @property
    def is_integration(self) -> bool:
        """The ERP's own program: it meets no lock and no save rule."""
        return "integration" in self.rights

    def same_person_as(self, kind: str, actor_id: int | None, owner_id: int | None = None) -> bool:
        """Whether a person would be deciding on his own work, or on the work of an account he answers for."""
        if self.kind != "person" or self.id is None:
            return False
        return (kind == "person" and actor_id == self.id) or (kind == "service_account" and owner_id == self.id)


SYSTEM = Actor(kind="system", id=None, name="erpstaging")


def person(user: User, membership: Membership | None, **seen: str | None) -> Actor:
    """A person with the rights of his membership; without one he has none."""
    rights: set[str] = set()
    if membership is not None and membership.is_active and user.is_active:
        rights.add("member")
        if membership.erp_level != ErpLevel.NONE:
            rights.add("erp")
        if membership.erp_level == ErpLevel.ADMIN:
            rights.add("erp_admin")
        if membership.project_level != ProjectLevel.NONE:
            rights.add("project")
        if membership.project_level == ProjectLevel.ADMIN:
            rights.add("project_admin")
        if membership.can_push_to_accounting and membership.erp_level != ErpLevel.NONE:
            rights.add("push")
        rights |= {name for name in ("directory_admin", "super_user", "auditor") if getattr(membership, name)}
    actor = Actor(kind="person", id=user.pk, name=user.name, rights=frozenset(rights), email=user.email)
    return replace(actor, **{key: value or "" for key, value in seen.items()})  # type: ignore[arg-type]


def service_account(account: ServiceAccount, scopes: frozenset[str], **seen: str | None) -> Actor:
    """A machine with the rights of its token: never more than its account allows now."""
    granted = scopes & frozenset(account.allowed_scopes)
    rights: set[str] = {"member"} | {word for word in ("read", "write") if word in granted}
    if "erp" in granted:
        rights |= {"integration", "erp", "erp_admin"}
    rights |= DIRECTIONS & set(account.directions)
    actor = Actor(
        kind="service_account",
        id=account.pk,
        name=account.name,
        rights=frozenset(rights),
        item_types=None if account.item_types is None else frozenset(account.item_types),
        owner_id=account.owner_id,
    )
    return replace(actor, **{key: value or "" for key, value in seen.items()})  # type: ignore[arg-type]


def rule(name: str, author_id: int | None) -> Actor:
    """A rule that a person switched on and that decides in his place."""
    return Actor(kind="rule", id=None, name=name, owner_id=author_id)


def membership_of(user: User, company: Company | int) -> Membership | None:
    company_id = company if isinstance(company, int) else company.pk
    found = sets.select(Membership, "user_id = %s AND company_id = %s AND is_active", [user.pk, company_id])
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class WhoAndWhen:
    """The end of every "somebody was faster" answer."""

    name: str
    at: datetime
