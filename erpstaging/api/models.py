"""Counters of calls. Losing them costs nothing, so the table is unlogged and has no company policy."""

from django.db import models


class RateWindow(models.Model):
    """How many calls one subject (an account in a company, or an address) made in the running window of a length."""

    subject = models.CharField(max_length=100)
    period_s = models.IntegerField()
    # Unix seconds at which the window began; a later one starts the count anew, so rows never pile up.
    started = models.BigIntegerField()
    calls = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "period_s"], name="rate_window_once")]
