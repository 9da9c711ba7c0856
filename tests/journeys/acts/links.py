"""Companies that stand on both sides: linked, unlinked, merged."""

from tests.journeys.acts import raises
from tests.journeys.world import End, World, done
from tests.staging.conftest import vendor_sent


def all_of(*ends: End) -> End:
    def check() -> None:
        for end in ends:
            end()

    return check


@raises("link_vendor")
def link_a_vendor(world: World) -> End:
    ours, theirs = world.make("vendor", {"name": "Meridian Electrical"}), world.stage(vendor_sent("V-9"))
    body = {"record_id": ours, "version": theirs["version"]}
    done(world.people("approver").post(f"staged_records/{theirs['id']}/link", body))
    return world.ends(ours, "synced")


@raises("link_all_vendors")
def link_many_vendors(world: World) -> End:
    ours = [world.make("vendor", {"name": name}) for name in ("Meridian Electrical", "Ardent Glazing")]
    theirs = [world.stage(vendor_sent(f"V-{number}"))["id"] for number in (8, 9)]
    pairs = [{"staged_record_id": row, "record_id": record} for row, record in zip(theirs, ours, strict=True)]
    done(world.people("approver").post("staged_records/link_all", {"pairs": pairs}))
    return all_of(*(world.ends(record, "synced") for record in ours))


@raises("unlink_vendor")
def unlink_a_vendor(world: World) -> End:
    done(world.people("approver").post(f"records/{world.ids['vendor']}/unlink"))
    return world.ends(world.ids["vendor"], "not_sent")


@raises("merge_vendors")
def merge_two_vendors(world: World) -> End:
    twin = world.bring_in(vendor_sent("V-9", data={"name": "Brook and Stone"}))["id"]
    body = {"master_id": world.ids["vendor"], "source_ids": [twin]}
    done(world.people("admin").post("records/merge", body))

    def check() -> None:
        world.ends(world.ids["vendor"], "synced")()
        assert world.people("approver").get(f"records/{twin}").status == 404

    return check
