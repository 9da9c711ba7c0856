"""What the API remembers of calls: how many there were, and how those with an idempotency key were answered."""

from django.db import models

from erpstaging.companies.models import CompanyRow


class IdempotencyKey(CompanyRow):
    """A key that a caller sent, what it came with, and the answer. `caller` is a kind and an id, such as `person:7`."""

    caller = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=5)
    path = models.TextField()
    digest = models.BinaryField(max_length=32)
    # Empty only for the one transaction that is working on it.
    status = models.IntegerField(null=True)
    headers = models.JSONField(null=True)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["company", "caller", "key"], name="one_call_per_idempotency_key")
        ]
        indexes = [models.Index(fields=["company", "created_at"], name="idempotency_key_by_age")]


class RateWindow(models.Model):
    """How many calls one subject (an account in a company, or an address) made in its running hour and ten seconds.

    Losing it costs nothing, so the table is unlogged; it has no company policy.
    `hour` and `spike` are the Unix seconds at which they began; a later one starts its count anew.
    """

    subject = models.CharField(max_length=100, primary_key=True)
    hour = models.BigIntegerField()
    hour_calls = models.IntegerField()
    spike = models.BigIntegerField()
    spike_calls = models.IntegerField()
