from itertools import permutations

from django.db import migrations

from erpstaging.core.policies import transition_guard

STATES = ("in_progress", "success", "failed", "rejected", "stale")


class Migration(migrations.Migration):
    """Integrators may move a detail from any of its states to any other, and to nothing else."""

    dependencies = [("erp_requests", "0002_initial")]

    operations = [transition_guard("erp_requests_erprequestdetail", "state", permutations(STATES, 2))]
