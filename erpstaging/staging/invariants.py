"""What must hold at the gate: nothing out without a yes, nothing other than what was approved, nothing locked open."""

from collections.abc import Iterator

from erpstaging.core.invariants import Breach, Invariant
from erpstaging.staging.freezing import content_hash
from erpstaging.staging.models import StagedExport

INVARIANTS = (
    Invariant(
        "request_without_approval",
        "an export that left without anybody's yes",
        "SELECT export.company_id, export.id FROM staging_stagedexport export "
        "WHERE export.erp_request_id IS NOT NULL AND export.action <> 'unlink' AND NOT EXISTS ("
        "SELECT FROM staging_decision said WHERE said.company_id = export.company_id AND said.object_type = 'export' "
        "AND said.object_id = export.id AND said.verdict = 'accept')",
    ),
    Invariant(
        "approved_something_else",
        "an export that left with other contents than those that were approved",
        "SELECT export.company_id, export.id FROM staging_stagedexport export "
        "WHERE export.erp_request_id IS NOT NULL AND EXISTS ("
        "SELECT FROM staging_decision said WHERE said.company_id = export.company_id AND said.object_type = 'export' "
        "AND said.object_id = export.id AND said.verdict = 'accept') AND NOT EXISTS ("
        "SELECT FROM staging_decision said WHERE said.company_id = export.company_id AND said.object_type = 'export' "
        "AND said.object_id = export.id AND said.verdict = 'accept' AND said.content_hash = export.content_hash)",
    ),
    Invariant(
        "approved_by_its_sender",
        "an export that its own sender accepted",
        "SELECT export.company_id, export.id FROM staging_stagedexport export JOIN staging_decision said "
        "ON said.company_id = export.company_id AND said.object_type = 'export' AND said.object_id = export.id "
        "WHERE said.verdict = 'accept' AND said.actor_kind = 'person' AND said.actor_id = export.sent_by_id",
    ),
    Invariant(
        "two_exports_of_one_version",
        "a second export, open or successful, of one version of a record",
        "SELECT company_id, max(id) FROM staging_stagedexport WHERE action <> 'unlink' "
        "AND state IN ('ready_to_export', 'accepted', 'exporting', 'failed', 'synced') "
        "GROUP BY company_id, record_id, record_version HAVING count(*) > 1",
    ),
    Invariant(
        "out_without_request",
        "an export that is out, or was, without a request",
        "SELECT company_id, id FROM staging_stagedexport "
        "WHERE state IN ('exporting', 'synced') AND action <> 'unlink' AND erp_request_id IS NULL",
    ),
    Invariant(
        "synced_without_origin_id",
        "an export that counts as synced while its record has no origin ID",
        "SELECT export.company_id, export.id FROM staging_stagedexport export "
        "JOIN records_record record ON record.id = export.record_id AND record.company_id = export.company_id "
        "WHERE export.state = 'synced' AND record.origin_id IS NULL AND record.deleted_at IS NULL AND NOT EXISTS ("
        "SELECT FROM staging_stagedexport later WHERE later.company_id = export.company_id "
        "AND later.record_id = export.record_id AND later.id > export.id)",
    ),
    Invariant(
        "lock_contradicts_the_gate",
        "a record whose lock is not what its open export asks for",
        "SELECT record.company_id, record.id FROM records_record record LEFT JOIN staging_stagedexport export "
        "ON export.company_id = record.company_id AND export.record_id = record.id "
        "AND export.state IN ('ready_to_export', 'accepted', 'exporting', 'failed') "
        "WHERE record.deleted_at IS NULL AND record.lock <> CASE WHEN export.state IS NULL THEN 'none' "
        "WHEN export.state IN ('ready_to_export', 'accepted') THEN 'waiting' ELSE 'exporting' END",
    ),
    Invariant(
        "unlinking_without_question",
        "an export that is unlinking although nobody is asked about it any more",
        "SELECT export.company_id, export.id FROM staging_stagedexport export WHERE export.state = 'unlinking' "
        "AND NOT EXISTS (SELECT FROM erp_requests_erprequestdetail detail WHERE detail.company_id = export.company_id "
        "AND detail.erp_request_id = export.erp_request_id AND detail.current AND detail.state = 'in_progress')",
    ),
    Invariant(
        "confirmed_by_who_asked",
        "an act for two people that one person did alone",
        "SELECT company_id, id FROM staging_confirmation WHERE state = 'confirmed' "
        "AND (answered_by_id IS NULL OR answered_by_id = asked_by_id)",
    ),
    Invariant(
        "imported_without_record",
        "a staged record that counts as imported and became nothing",
        "SELECT company_id, id FROM staging_stagedrecord WHERE status = 'imported' AND record_id IS NULL "
        "AND deleted_at IS NULL",
    ),
    Invariant(
        "change_of_nothing",
        "a staged record's history that belongs to no row, or to no body, of its company",
        "SELECT change.company_id, change.id FROM staging_stagedchange change "
        "LEFT JOIN staging_stagedrecord row ON row.id = change.staged_record_id AND row.company_id = change.company_id "
        "LEFT JOIN staging_intake intake ON intake.id = change.intake_id AND intake.company_id = change.company_id "
        "WHERE row.id IS NULL OR (change.intake_id IS NOT NULL AND intake.id IS NULL)",
    ),
    Invariant(
        "child_without_parent",
        "a staged line whose parent is gone",
        "SELECT child.company_id, child.id FROM staging_stagedrecord child "
        "JOIN staging_stagedrecord parent ON parent.id = child.parent_id AND parent.company_id = child.company_id "
        "WHERE child.deleted_at IS NULL AND parent.deleted_at IS NOT NULL",
    ),
)


def changed_snapshots() -> Iterator[Breach]:
    """Exports whose frozen object no longer has the hash that was taken of it."""
    rows = StagedExport.objects.everywhere().only("company_id", "snapshot", "content_hash").order_by("pk")
    for export in rows.iterator(chunk_size=500):
        if content_hash(export.snapshot) != bytes(export.content_hash):
            text = "an export whose frozen contents changed after it was sent"
            yield Breach("snapshot_changed", export.company_id, export.pk, text)
