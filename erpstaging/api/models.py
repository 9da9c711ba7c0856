"""Counters of calls. Losing them costs nothing, so the table is unlogged and has no company policy."""

from django.db import models


class RateWindow(models.Model):
    """How many calls one subject (an account in a company, or an address) made in its running hour and ten seconds.

    `hour` and `spike` are the Unix seconds at which they began; a later one starts its count anew.
    """

    subject = models.CharField(max_length=100, primary_key=True)
    hour = models.BigIntegerField()
    hour_calls = models.IntegerField()
    spike = models.BigIntegerField()
    spike_calls = models.IntegerField()
