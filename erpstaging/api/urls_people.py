"""`/api/v1/companies/{company_id}/...`: what people do, by REST."""

from django.urls import path

from erpstaging.api.views.people.decisions import (
    Accept,
    Archive,
    Cancel,
    ExportOf,
    Hold,
    Import,
    Reject,
    RejectImport,
    Retry,
    StagedRecordOf,
    Unarchive,
    Undo,
)
from erpstaging.api.views.people.history import Changes, Source, SourceBody
from erpstaging.api.views.people.linking import Candidates, Link, LinkAll, Merge, UndoLink, Unlink
from erpstaging.api.views.people.queue import WorkQueue
from erpstaging.api.views.people.records import RecordOf, Records, Retrieve, SendToErp
from erpstaging.api.views.people.refreshes import Refreshes
from erpstaging.api.views.people.settings import Configuration, CustomFieldOf, CustomFields

STAGED, EXPORT, RECORD = "staged_records/<id:staged_id>", "exports/<id:export_id>", "records/<id:record_id>"

urlpatterns = [
    path("queue", WorkQueue.as_view(), name="people-queue"),
    path(STAGED, StagedRecordOf.as_view(), name="people-staged-record"),
    path(f"{STAGED}/import", Import.as_view(), name="people-import"),
    path(f"{STAGED}/reject", RejectImport.as_view(), name="people-reject-import"),
    path(f"{STAGED}/archive", Archive.as_view(), name="people-archive"),
    path(f"{STAGED}/unarchive", Unarchive.as_view(), name="people-unarchive"),
    path(f"{STAGED}/candidates", Candidates.as_view(), name="people-candidates"),
    path(f"{STAGED}/link", Link.as_view(), name="people-link"),
    path(f"{STAGED}/undo_link", UndoLink.as_view(), name="people-undo-link"),
    path(f"{STAGED}/changes", Changes.as_view(), name="people-changes"),
    path(f"{STAGED}/source", Source.as_view(), name="people-source"),
    path(f"{STAGED}/source/body", SourceBody.as_view(), name="people-source-body"),
    path("staged_records/link_all", LinkAll.as_view(), name="people-link-all"),
    path("refreshes", Refreshes.as_view(), name="people-refreshes"),
    path(EXPORT, ExportOf.as_view(), name="people-export"),
    path(f"{EXPORT}/accept", Accept.as_view(), name="people-accept"),
    path(f"{EXPORT}/reject", Reject.as_view(), name="people-reject"),
    path(f"{EXPORT}/retry", Retry.as_view(), name="people-retry"),
    path(f"{EXPORT}/hold", Hold.as_view(), name="people-hold"),
    path(f"{EXPORT}/cancel", Cancel.as_view(), name="people-cancel"),
    path(f"{EXPORT}/undo", Undo.as_view(), name="people-undo"),
    path("records", Records.as_view(), name="people-records"),
    path(RECORD, RecordOf.as_view(), name="people-record"),
    path("records/merge", Merge.as_view(), name="people-merge"),
    path(f"{RECORD}/unlink", Unlink.as_view(), name="people-unlink"),
    path(f"{RECORD}/send_to_erp", SendToErp.as_view(), name="people-send"),
    path(f"{RECORD}/retrieve", Retrieve.as_view(), name="people-retrieve"),
    path("configuration", Configuration.as_view(), name="people-configuration"),
    path("custom_fields", CustomFields.as_view(), name="people-custom-fields"),
    path("custom_fields/<id:field_id>", CustomFieldOf.as_view(), name="people-custom-field"),
]
