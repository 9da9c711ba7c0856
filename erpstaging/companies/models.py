"""Companies, the people and machines that act for them, and their rights."""

from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from oauth2_provider.models import AbstractApplication


def validate_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(f"{name} is not a time zone.")


class Company(models.Model):
    """A tenant. Every row of business belongs to exactly one."""

    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_zone])
    currency = models.CharField(max_length=3, default="USD")
    is_active = models.BooleanField(default=True)
    erp_tool_enabled = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="company_currency_is_iso")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class CompanyRows(models.Manager[Any]):
    """Rows are asked for by company; there is no way to forget it."""

    def of(self, company: Company | int) -> models.QuerySet[Any]:
        company_id = company if isinstance(company, int) else company.pk
        return super().get_queryset().filter(company_id=company_id)

    def everywhere(self) -> models.QuerySet[Any]:
        """All companies' rows, as far as the scope of all companies shows them: for sweeps alone."""
        return super().get_queryset()

    def get_queryset(self) -> models.QuerySet[Any]:
        raise RuntimeError(f"{self.model.__name__} rows belong to a company: use .of(company).")

    def create(self, **values: Any) -> Any:
        return super().get_queryset().create(**values)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        return super().get_queryset().bulk_create(objs, *args, **kwargs)


def company_key(*, db_constraint: bool = True) -> "models.ForeignKey[Any, Any]":
    """The company of a row, without an index of its own: PostgreSQL would check references by it, row after row of
    the company, until a new table has statistics. Queries have better ones, which start with the company."""
    return models.ForeignKey(
        Company, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=db_constraint
    )


class CompanyRow(models.Model):
    """A row of one company. Its migration calls `company_wall`.

    Tables that get thousands of rows in a call leave the constraint away: their wall lets none in but of the company
    in scope.
    """

    company = company_key()

    objects = CompanyRows()

    class Meta:
        abstract = True


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, *, email: str, name: str, password: str | None = None) -> "User":
        user = self.model(username=username, email=self.normalize_email(email), name=name)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):  # type: ignore[django-manager-missing]
    """A person. What he may do stands in his memberships."""

    username = models.CharField(max_length=150, unique=True)
    name = models.CharField(max_length=150)
    email = models.EmailField()
    theme = models.CharField(max_length=5, blank=True, choices=[("light", "Light"), ("dark", "Dark")])
    # Empty: pages speak what the browser asks for, mails English.
    language = models.CharField(max_length=2, blank=True, choices=[("en", "English"), ("de", "Deutsch")])
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


class ErpLevel(models.TextChoices):
    NONE = "none", "None"
    STANDARD = "standard", "Standard"
    ADMIN = "admin", "Admin"


class ProjectLevel(models.TextChoices):
    NONE = "none", "None"
    STANDARD = "standard", "Standard"
    ADMIN = "admin", "Admin"


class Membership(models.Model):
    """What a person may do in one company; `actors.person` turns it into rights."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    erp_level = models.CharField(max_length=8, choices=ErpLevel.choices, default=ErpLevel.NONE)
    project_level = models.CharField(max_length=8, choices=ProjectLevel.choices, default=ProjectLevel.NONE)
    can_push_to_accounting = models.BooleanField(default=False)
    directory_admin = models.BooleanField(default=False)
    super_user = models.BooleanField(default=False)
    auditor = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["company", "user"], name="membership_once")]


class Direction(models.TextChoices):
    STAGE = "stage", "Stage imports"
    DIRECT = "direct", "Write mirrored objects"
    EXPORT = "export", "Work on exports"


def all_directions() -> list[str]:
    return list(Direction.values)


def full_scopes() -> list[str]:
    return ["read", "write", "erp"]


class ServiceAccount(AbstractApplication):
    """The OAuth client a machine acts as. No person stands behind it; `owner` is who answers for it.

    With the scope `erp` it is the integration: no locks, no save rules. Its right is its scopes plus the companies
    named on it; none named means none.
    """

    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    companies = models.ManyToManyField(Company, related_name="service_accounts", blank=True)
    allowed_scopes = models.JSONField(default=full_scopes)
    directions = models.JSONField(default=all_directions)
    # Item types the account may touch; null means all.
    item_types = models.JSONField(null=True, blank=True)
    allowed_networks = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)

    class Meta(AbstractApplication.Meta):
        pass

    def is_usable(self, request: Any) -> bool:
        """The toolkit asks at issue and at every use of a token."""
        return bool(self.is_active)

    @classmethod
    def machine(cls, **values: Any) -> Self:
        """A client-credentials account; its secrets are ServiceAccountSecret rows, never its own column."""
        return cls(
            client_type=cls.CLIENT_CONFIDENTIAL,
            authorization_grant_type=cls.GRANT_CLIENT_CREDENTIALS,
            client_secret="",
            **values,
        )


class ServiceAccountSecret(models.Model):
    """One of up to two secrets an account may use while it rotates; only the hash is kept."""

    account = models.ForeignKey(ServiceAccount, on_delete=models.CASCADE, related_name="secrets")
    hash = models.CharField(max_length=255)
    hint = models.CharField(max_length=4)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)


class FailedAttempt(models.Model):
    """One failed sign-in or token call. `account` is the SHA-256 of what the caller claimed to be."""

    account = models.CharField(max_length=64)
    address = models.CharField(max_length=45, blank=True)
    occurred_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["address", "occurred_at"], name="failed_attempt_by_address"),
            models.Index(fields=["occurred_at"], name="failed_attempt_by_time"),
        ]
