"""`/api/v1/companies/{company_id}/...`: what people do, by REST."""

from django.urls import path

from erpstaging.api.views.events import PeoplesEventFeed
from erpstaging.api.views.people.bulk import BulkDecisions, Job
from erpstaging.api.views.people.confirmations import (
    Confirm,
    ConfirmationOf,
    Confirmations,
    Decline,
    MarkSynced,
    Reset,
)
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
from erpstaging.api.views.people.deletions import DeletionRequests, SupportDelete, SupportUnlink
from erpstaging.api.views.people.deliveries import DeliveryLog, DeliveryOf, Replay
from erpstaging.api.views.people.history import Changes, ExportChanges, Source, SourceBody
from erpstaging.api.views.people.hooks import (
    EndOldSecret,
    HealthOf,
    Hook,
    Hooks,
    Pause,
    PreviewOf,
    Resume,
    RotateSecret,
    SendTest,
)
from erpstaging.api.views.people.linking import Candidates, Link, LinkAll, Merge, UndoLink, Unlink
from erpstaging.api.views.people.monitoring import CorrelatedWith, GaveUpList, Redrive
from erpstaging.api.views.people.networks import AllowedNetworkOf, AllowedNetworks
from erpstaging.api.views.people.problems import MuteProblem, Problems, RetryAll
from erpstaging.api.views.people.queue import WorkQueue
from erpstaging.api.views.people.records import ImportBudget, RecordOf, Records, Retrieve, SendToErp
from erpstaging.api.views.people.refreshes import Refreshes
from erpstaging.api.views.people.reports import Rejections
from erpstaging.api.views.people.settings import Configuration, CustomFieldOf, CustomFields

STAGED, EXPORT, RECORD = "staged_records/<id:staged_id>", "exports/<id:export_id>", "records/<id:record_id>"
CONFIRMATION = "confirmations/<id:confirmation_id>"
HOOK = "hooks/<id:hook_id>"

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
    path(f"{EXPORT}/changes", ExportChanges.as_view(), name="people-export-changes"),
    path(f"{EXPORT}/accept", Accept.as_view(), name="people-accept"),
    path(f"{EXPORT}/reject", Reject.as_view(), name="people-reject"),
    path(f"{EXPORT}/retry", Retry.as_view(), name="people-retry"),
    path(f"{EXPORT}/hold", Hold.as_view(), name="people-hold"),
    path(f"{EXPORT}/cancel", Cancel.as_view(), name="people-cancel"),
    path(f"{EXPORT}/undo", Undo.as_view(), name="people-undo"),
    path("decisions/bulk", BulkDecisions.as_view(), name="people-bulk"),
    path("jobs/<id:job_id>", Job.as_view(), name="people-job"),
    path("records", Records.as_view(), name="people-records"),
    path(RECORD, RecordOf.as_view(), name="people-record"),
    path("records/merge", Merge.as_view(), name="people-merge"),
    path(f"{RECORD}/unlink", Unlink.as_view(), name="people-unlink"),
    path("records/delete_requests", DeletionRequests.as_view(), name="people-delete-requests"),
    path("support/delete", SupportDelete.as_view(), name="people-support-delete"),
    path("support/unlink", SupportUnlink.as_view(), name="people-support-unlink"),
    path(f"{RECORD}/reset", Reset.as_view(), name="people-reset"),
    path(f"{EXPORT}/mark_synced", MarkSynced.as_view(), name="people-mark-synced"),
    path("confirmations", Confirmations.as_view(), name="people-confirmations"),
    path(CONFIRMATION, ConfirmationOf.as_view(), name="people-confirmation"),
    path(f"{CONFIRMATION}/confirm", Confirm.as_view(), name="people-confirm"),
    path(f"{CONFIRMATION}/decline", Decline.as_view(), name="people-decline"),
    path(f"{RECORD}/send_to_erp", SendToErp.as_view(), name="people-send"),
    path(f"{RECORD}/retrieve", Retrieve.as_view(), name="people-retrieve"),
    path("events", PeoplesEventFeed.as_view(), name="people-events"),
    path("reports/rejections", Rejections.as_view(), name="people-rejections"),
    path(f"{RECORD}/import_budget", ImportBudget.as_view(), name="people-import-budget"),
    path("hooks", Hooks.as_view(), name="people-hooks"),
    path(HOOK, Hook.as_view(), name="people-hook"),
    path(f"{HOOK}/rotate_secret", RotateSecret.as_view(), name="people-rotate-secret"),
    path(f"{HOOK}/end_old_secret", EndOldSecret.as_view(), name="people-end-old-secret"),
    path(f"{HOOK}/pause", Pause.as_view(), name="people-pause-hook"),
    path(f"{HOOK}/resume", Resume.as_view(), name="people-resume-hook"),
    path(f"{HOOK}/test", SendTest.as_view(), name="people-test-hook"),
    path(f"{HOOK}/preview", PreviewOf.as_view(), name="people-preview"),
    path(f"{HOOK}/health", HealthOf.as_view(), name="people-hook-health"),
    path("deliveries", DeliveryLog.as_view(), name="people-deliveries"),
    path("deliveries/<id:delivery_id>", DeliveryOf.as_view(), name="people-delivery"),
    path("deliveries/replay", Replay.as_view(), name="people-replay"),
    path("problems", Problems.as_view(), name="people-problems"),
    path("problems/<id:problem_id>/retry_all", RetryAll.as_view(), name="people-retry-all"),
    path("problems/<id:problem_id>/mute", MuteProblem.as_view(), name="people-mute"),
    path("gave_up", GaveUpList.as_view(), name="people-gave-up"),
    path("gave_up/redrive", Redrive.as_view(), name="people-redrive"),
    path("correlated", CorrelatedWith.as_view(), name="people-correlated"),
    path("configuration", Configuration.as_view(), name="people-configuration"),
    path("custom_fields", CustomFields.as_view(), name="people-custom-fields"),
    path("custom_fields/<id:field_id>", CustomFieldOf.as_view(), name="people-custom-field"),
    path("allowed_networks", AllowedNetworks.as_view(), name="people-allowed-networks"),
    path("allowed_networks/<id:network_id>", AllowedNetworkOf.as_view(), name="people-allowed-network"),
]
