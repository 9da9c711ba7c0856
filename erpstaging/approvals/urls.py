"""The addresses of the pages.

Everything of a company stands below `/c/<company_id>/`, with these names: `company` (the way in), `queue`, `mine`,
`staged` (staged/<id>/), `export` (exports/<id>/), `records` (home of project people, and with `?item_type=` one list),
`new_record` (records/new/<item_type>/), `record` (records/<id>/) and `edit_record` (records/<id>/edit/). An act has the
address of its object and its own word, such as exports/<id>/accept/. Settings stand below `settings/`.
"""

from django.urls import include, path

from erpstaging.approvals.views.accounts import ChooseLanguage, ChooseTheme, SignIn, SignOut
from erpstaging.approvals.views.bulk import BulkStart, BulkSummary, JobFile, JobPage, StopJob
from erpstaging.approvals.views.confirmations import (
    Confirm,
    ConfirmationsPage,
    Decline,
    MarkSynced,
    RequestDeletion,
    Reset,
)
from erpstaging.approvals.views.dashboard import DashboardPage
from erpstaging.approvals.views.decision_settings import DecisionSettings
from erpstaging.approvals.views.decisions import (
    Accept,
    Archive,
    Cancel,
    EditAgain,
    Hold,
    Import,
    RejectExport,
    RejectImport,
    Resume,
    Retry,
    RetryCode,
    Unarchive,
    Undo,
)
from erpstaging.approvals.views.deliveries import (
    DeliveriesPage,
    DeliveryPage,
    GaveUpPage,
    RedriveOne,
    ReplayOne,
    ReplayRange,
)
from erpstaging.approvals.views.details import ExportPage, RecordPage, SourceFile, StagedPage
from erpstaging.approvals.views.hooks import (
    DeleteHook,
    EndOldSecret,
    HookPage,
    HooksPage,
    NewHook,
    PauseHook,
    ResumeHook,
    RotateHook,
    TestHook,
)
from erpstaging.approvals.views.linking import LinkExact, LinkPage, UndoLink, Unlink
from erpstaging.approvals.views.live import LiveView
from erpstaging.approvals.views.mails import MailSettingsPage, OutboxHtml, OutboxMail, OutboxPage, Unsubscribe
from erpstaging.approvals.views.merging import MergePage
from erpstaging.approvals.views.metadata import EditMetadata, MetadataPage, MetadataVersions, RestoreMetadata
from erpstaging.approvals.views.modifications import NewModification
from erpstaging.approvals.views.networks import NetworksPage
from erpstaging.approvals.views.notices import NoticesPage
from erpstaging.approvals.views.problems import MuteProblem, ProblemsPage, RetryProblem, UnmuteProblem
from erpstaging.approvals.views.queue import QueuePage
from erpstaging.approvals.views.queue_file import QueueFile
from erpstaging.approvals.views.records import Delete, EditRecord, ImportBudget, MinePage, NewRecord, RecordsPage, Send
from erpstaging.approvals.views.records import Retrieve as RetrieveRecord
from erpstaging.approvals.views.refreshing import AskForRefresh
from erpstaging.approvals.views.reports import RejectionsPage
from erpstaging.approvals.views.saved_filters import (
    ChangeFilter,
    ChooseColumns,
    DefaultFilter,
    DeleteFilter,
    FiltersPage,
    SavedFiltersPage,
)
from erpstaging.approvals.views.settings import (
    ConfigurationFile,
    CustomFieldPage,
    CustomFieldsPage,
    ErpSettingsPage,
    Locks,
    Overview,
)
from erpstaging.approvals.views.start import CompanyStart, LatestCompany
from erpstaging.approvals.views.styleguide import Styleguide
from erpstaging.approvals.views.support import SupportPage

app_name = "approvals"
DELIVERY, HOOK = "deliveries/<id:object_id>/", "hooks/<id:object_id>/"
STAGED, EXPORT, RECORD = "staged/<id:object_id>/", "exports/<id:object_id>/", "records/<id:object_id>/"
COMPANY = [
    path("queue/live/", LiveView.as_view(), name="live"),
    path("queue/", QueuePage.as_view(), name="queue"),
    path("queue/rows.csv", QueueFile.as_view(), name="queue_file"),
    path("queue/filters/", FiltersPage.as_view(), name="queue_filters"),
    path("queue/columns/", ChooseColumns.as_view(), name="queue_columns"),
    path("queue/saved/", SavedFiltersPage.as_view(), name="saved_filters"),
    path("queue/saved/default/", DefaultFilter.as_view(), name="default_filter"),
    path("queue/saved/<id:object_id>/", ChangeFilter.as_view(), name="change_filter"),
    path("queue/saved/<id:object_id>/delete/", DeleteFilter.as_view(), name="delete_filter"),
    path("mine/", MinePage.as_view(), name="mine"),
    path(STAGED, StagedPage.as_view(), name="staged"),
    path(f"{STAGED}import/", Import.as_view(), name="import"),
    path(f"{STAGED}reject/", RejectImport.as_view(), name="reject_import"),
    path(f"{STAGED}archive/", Archive.as_view(), name="archive"),
    path(f"{STAGED}unarchive/", Unarchive.as_view(), name="unarchive"),
    path(f"{STAGED}link/", LinkPage.as_view(), name="link"),
    path(f"{STAGED}undo_link/", UndoLink.as_view(), name="undo_link"),
    path(f"{STAGED}source/", SourceFile.as_view(), name="source"),
    path("staged/link_exact/", LinkExact.as_view(), name="link_exact"),
    path("refresh/<slug:item_type>/", AskForRefresh.as_view(), name="refresh"),
    path(EXPORT, ExportPage.as_view(), name="export"),
    path(f"{EXPORT}accept/", Accept.as_view(), name="accept"),
    path(f"{EXPORT}reject/", RejectExport.as_view(), name="reject_export"),
    path(f"{EXPORT}retry/", Retry.as_view(), name="retry"),
    path(f"{EXPORT}retry_code/", RetryCode.as_view(), name="retry_code"),
    path(f"{EXPORT}edit_again/", EditAgain.as_view(), name="edit_again"),
    path(f"{EXPORT}hold/", Hold.as_view(), name="hold"),
    path(f"{EXPORT}resume/", Resume.as_view(), name="resume"),
    path(f"{EXPORT}cancel/", Cancel.as_view(), name="cancel"),
    path(f"{EXPORT}mark_synced/", MarkSynced.as_view(), name="mark_synced"),
    path(f"{EXPORT}undo/", Undo.as_view(), name="undo"),
    path("bulk/<slug:act>/", BulkSummary.as_view(), name="bulk"),
    path("bulk/<slug:act>/start/", BulkStart.as_view(), name="bulk_start"),
    path("jobs/<id:object_id>/", JobPage.as_view(), name="job"),
    path("jobs/<id:object_id>/outcomes.csv", JobFile.as_view(), name="job_file"),
    path("jobs/<id:object_id>/stop/", StopJob.as_view(), name="stop_job"),
    path("notices/", NoticesPage.as_view(), name="notices"),
    path("mail/", MailSettingsPage.as_view(), name="mail_settings"),
    path("outbox/", OutboxPage.as_view(), name="outbox"),
    path("outbox/<id:mail_id>/", OutboxMail.as_view(), name="outbox_mail"),
    path("outbox/<id:mail_id>/html/", OutboxHtml.as_view(), name="outbox_html"),
    path("reports/rejections/", RejectionsPage.as_view(), name="rejections"),
    path("records/", RecordsPage.as_view(), name="records"),
    path("records/new/<slug:item_type>/", NewRecord.as_view(), name="new_record"),
    path(RECORD, RecordPage.as_view(), name="record"),
    path(f"{RECORD}edit/", EditRecord.as_view(), name="edit_record"),
    path(f"{RECORD}send/", Send.as_view(), name="send"),
    path(f"{RECORD}modifications/new/", NewModification.as_view(), name="new_modification"),
    path(f"{RECORD}import_budget/", ImportBudget.as_view(), name="import_budget"),
    path(f"{RECORD}retrieve/", RetrieveRecord.as_view(), name="retrieve"),
    path(f"{RECORD}unlink/", Unlink.as_view(), name="unlink"),
    path(f"{RECORD}merge/", MergePage.as_view(), name="merge"),
    path(f"{RECORD}reset/", Reset.as_view(), name="reset"),
    path(f"{RECORD}request_deletion/", RequestDeletion.as_view(), name="request_deletion"),
    path("confirmations/", ConfirmationsPage.as_view(), name="confirmations"),
    path("confirmations/<id:object_id>/confirm/", Confirm.as_view(), name="confirm"),
    path("confirmations/<id:object_id>/decline/", Decline.as_view(), name="decline"),
    path("support/", SupportPage.as_view(), name="support"),
    path("deliveries/", DeliveriesPage.as_view(), name="deliveries"),
    path("deliveries/replay/", ReplayRange.as_view(), name="replay_range"),
    path(DELIVERY, DeliveryPage.as_view(), name="delivery"),
    path(f"{DELIVERY}replay/", ReplayOne.as_view(), name="replay"),
    path("dashboard/", DashboardPage.as_view(), name="dashboard"),
    path("problems/", ProblemsPage.as_view(), name="problems"),
    path("problems/<id:object_id>/retry/", RetryProblem.as_view(), name="retry_problem"),
    path("problems/<id:object_id>/mute/", MuteProblem.as_view(), name="mute_problem"),
    path("problems/<id:object_id>/unmute/", UnmuteProblem.as_view(), name="unmute_problem"),
    path("gave_up/", GaveUpPage.as_view(), name="gave_up"),
    path("gave_up/<slug:kind>/<id:object_id>/redrive/", RedriveOne.as_view(), name="redrive"),
    path("hooks/", HooksPage.as_view(), name="hooks"),
    path("hooks/new/", NewHook.as_view(), name="new_hook"),
    path(HOOK, HookPage.as_view(), name="hook"),
    path(f"{HOOK}pause/", PauseHook.as_view(), name="pause_hook"),
    path(f"{HOOK}resume/", ResumeHook.as_view(), name="resume_hook"),
    path(f"{HOOK}rotate/", RotateHook.as_view(), name="rotate_hook"),
    path(f"{HOOK}end_old_secret/", EndOldSecret.as_view(), name="end_old_secret"),
    path(f"{HOOK}test/", TestHook.as_view(), name="test_hook"),
    path(f"{HOOK}delete/", DeleteHook.as_view(), name="delete_hook"),
    path(f"{RECORD}delete/", Delete.as_view(), name="delete_record"),
]
SETTINGS = [
    path("settings/", Overview.as_view(), name="settings"),
    path("settings/metadata/", MetadataPage.as_view(), name="metadata"),
    path("settings/metadata/edit/", EditMetadata.as_view(), name="edit_metadata"),
    path("settings/metadata/versions/", MetadataVersions.as_view(), name="metadata_versions"),
    path("settings/metadata/restore/", RestoreMetadata.as_view(), name="restore_metadata"),
    path("settings/erp/", ErpSettingsPage.as_view(), name="erp_settings"),
    path("settings/decisions/", DecisionSettings.as_view(), name="decision_settings"),
    path("settings/locks/", Locks.as_view(), name="locks"),
    path("settings/custom_fields/", CustomFieldsPage.as_view(), name="custom_fields"),
    path("settings/custom_fields/<id:field_id>/", CustomFieldPage.as_view(), name="custom_field"),
    path("settings/networks/", NetworksPage.as_view(), name="networks"),
    path("settings/configuration.json", ConfigurationFile.as_view(), name="configuration"),
]
urlpatterns = [
    path("accounts/login/", SignIn.as_view(), name="sign_in"),
    path("accounts/logout/", SignOut.as_view(), name="sign_out"),
    path("accounts/theme/", ChooseTheme.as_view(), name="theme"),
    path("accounts/language/", ChooseLanguage.as_view(), name="language"),
    path("styleguide/", Styleguide.as_view(), name="styleguide"),
    path("mail/unsubscribe/<str:token>/", Unsubscribe.as_view(), name="unsubscribe"),
    path("", LatestCompany.as_view(), name="front"),
    path("queue/", LatestCompany.as_view(), name="latest"),
    path("c/<int:company_id>/", CompanyStart.as_view(), name="company"),
    path("c/<int:company_id>/", include([*COMPANY, *SETTINGS])),
]
