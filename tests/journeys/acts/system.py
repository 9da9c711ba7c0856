"""What the service asks by itself."""

from datetime import timedelta

from django.utils import timezone

from erpstaging.connections.services import metadata_of
from erpstaging.records.models import Record
from tests.journeys.acts import raises
from tests.journeys.world import End, World
from tests.staging.conftest import sub_job_sent


def a_day_passes(world: World, record_id: int) -> End:
    """The job is asked about, and then not before the next day."""
    jobs = Record.objects.of(world.company).filter(pk=record_id)
    jobs.update(news_due_at=timezone.now() - timedelta(seconds=1))
    world.sweep()

    def check() -> None:
        assert jobs.get().news_due_at > timezone.now() + timedelta(hours=23)

    return check


@raises("sync_single_job")
def a_day_passes_for_a_project(world: World) -> End:
    return a_day_passes(world, world.ids["project"])


@raises("sync_sub_job")
def a_day_passes_for_a_sub_job(world: World) -> End:
    return a_day_passes(world, world.bring_in(sub_job_sent("SITE-7.1"))["id"])


@raises("sync_metadata", connected=False)
def act_without_metadata(world: World) -> End:
    vendor = world.make("vendor", {"name": "Meridian Electrical"})
    answer = world.people("project_user").post(f"records/{vendor}/send_to_erp")
    assert (answer.status, answer.body["code"]) == (422, "metadata_missing")

    def check() -> None:
        assert not metadata_of(world.company.pk).missing
        assert world.send(vendor)["status"] == "ready_to_export"

    return check
