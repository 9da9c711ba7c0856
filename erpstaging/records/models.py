"""Objects of record: vendors, projects, contracts, their lines, and the codes they are booked under."""

from django.db import models
from django.utils import timezone

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import CompanyRow, ServiceAccount
from erpstaging.core.policies import same_company


class Lock(models.TextChoices):
    """All that a record knows of the gate: closed to everybody while it waits, to people while it exports."""

    NONE = "none"
    WAITING = "waiting"
    EXPORTING = "exporting"


class Record(CompanyRow):
    """One object. `data` holds the entity's fields; the columns beside it are what lists search and sort by.

    A record is linked, and counts as synced, exactly when it has an origin ID; kinds without one say so in `data`. The
    table has further columns that the database works out from `data` and that only staging/matching.py reads:
    `match_name`, `match_tax`, `match_mail`, `match_phone` and `match_place`.
    """

    item_type = models.CharField(max_length=40)
    project = same_company("self")
    parent = same_company("self")
    vendor = same_company("self")
    position = models.IntegerField(null=True)
    number = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=40, blank=True)
    amount = models.DecimalField(max_digits=23, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)
    data = models.JSONField(default=dict)
    lock = models.CharField(max_length=9, choices=Lock.choices, default=Lock.NONE)
    origin_id = models.CharField(max_length=255, null=True)  # noqa: DJ001 - null is "not linked"; "" is refused
    origin_code = models.CharField(max_length=255, null=True)  # noqa: DJ001 - the wire tells null from ""
    origin_data = models.JSONField(null=True)
    # The integration that wrote the origin ID first; no other may change it.
    account = models.ForeignKey(ServiceAccount, on_delete=models.PROTECT, related_name="+", null=True)
    # When the integration is asked for news of this linked job again.
    news_due_at = models.DateTimeField(null=True)
    unique_key = models.CharField(max_length=600, null=True)  # noqa: DJ001 - null takes part in no uniqueness
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.BigIntegerField(null=True)
    created_by_name = models.CharField(max_length=200)
    created_by_owner_id = models.BigIntegerField(null=True)
    edited_by_kind = models.CharField(max_length=16)
    edited_by_id = models.BigIntegerField(null=True)
    edited_by_name = models.CharField(max_length=200)
    edited_by_owner_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company", "item_type", "origin_id"],
                name="one_origin_id_one_object",
                condition=models.Q(origin_id__isnull=False, deleted_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["company", "item_type", "unique_key"],
                name="record_unique_key",
                condition=models.Q(unique_key__isnull=False, deleted_at__isnull=True),
            ),
            models.CheckConstraint(condition=~models.Q(origin_id=""), name="origin_id_is_not_blank"),
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True) | ~models.Q(amount=models.Value("NaN")),
                name="amount_is_a_number",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "item_type", "id"], name="record_by_type"),
            models.Index(fields=["company", "project", "item_type", "id"], name="record_by_project"),
            models.Index(fields=["company", "parent", "position", "id"], name="record_by_parent"),
            models.Index(fields=["company", "vendor", "id"], name="record_by_vendor"),
            models.Index(fields=["company", "item_type", "updated_at", "id"], name="record_by_change"),
            models.Index(
                fields=["company", "-updated_at", "-id"],
                name="record_synced",
                condition=models.Q(origin_id__isnull=False, parent__isnull=True, deleted_at__isnull=True),
            ),
            models.Index(
                fields=["company", "project", "-updated_at", "-id"],
                name="record_synced_of_project",
                condition=models.Q(
                    project__isnull=False, origin_id__isnull=False, parent__isnull=True, deleted_at__isnull=True
                ),
            ),
            models.Index(
                fields=["company", "vendor", "-updated_at", "-id"],
                name="record_synced_of_vendor",
                condition=models.Q(
                    vendor__isnull=False, origin_id__isnull=False, parent__isnull=True, deleted_at__isnull=True
                ),
            ),
            models.Index(
                fields=["news_due_at", "id"],
                name="record_news_due",
                condition=models.Q(
                    item_type__in=("project", "sub_job"), origin_id__isnull=False, deleted_at__isnull=True
                ),
            ),
        ]

    @property
    def synced(self) -> bool:
        named = ENTITIES[self.item_type].synced_field
        return self.origin_id is not None or (named is not None and self.data.get(named) is True)


class OriginIdHistory(CompanyRow):
    """Which origin ID stood on which record until when, and why it left. Never deleted."""

    record = same_company(Record, null=False)
    item_type = models.CharField(max_length=40)
    origin_id = models.CharField(max_length=255)
    until = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=40)
    # Taken away without the ERP's word: no other record gets it unless somebody says that he knows.
    forced = models.BooleanField(default=False, db_default=False)

    class Meta:
        indexes = [
            models.Index(fields=["company", "item_type", "origin_id"], name="origin_id_was"),
            models.Index(fields=["company", "record", "-id"], name="origin_id_was_of"),
        ]
