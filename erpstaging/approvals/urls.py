"""The addresses of the pages.

Everything of a company stands below `/c/<company_id>/`, with these names: `company` (the way in), `queue`, `mine`,
`staged` (staged/<id>/), `export` (exports/<id>/), `records` (home of project people, and with `?item_type=` one list),
`new_record` (records/new/<item_type>/), `record` (records/<id>/) and `edit_record` (records/<id>/edit/). An act has the
address of its object and its own word, such as exports/<id>/accept/. Settings stand below `settings/`.
"""

from django.urls import include, path

from erpstaging.approvals.views.accounts import ChooseTheme, SignIn, SignOut
from erpstaging.approvals.views.decisions import (
    Accept,
    Archive,
    Cancel,
    Hold,
    Import,
    RejectExport,
    RejectImport,
    Resume,
    Retry,
    Unarchive,
    Undo,
)
from erpstaging.approvals.views.details import ExportPage, RecordPage, SourceFile, StagedPage
from erpstaging.approvals.views.linking import LinkExact, LinkPage, UndoLink, Unlink
from erpstaging.approvals.views.merging import MergePage
from erpstaging.approvals.views.metadata import EditMetadata, MetadataPage, MetadataVersions, RestoreMetadata
from erpstaging.approvals.views.queue import QueuePage
from erpstaging.approvals.views.records import Delete, EditRecord, MinePage, NewRecord, RecordsPage, Send
from erpstaging.approvals.views.records import Retrieve as RetrieveRecord
from erpstaging.approvals.views.refreshing import AskForRefresh
from erpstaging.approvals.views.settings import (
    ConfigurationFile,
    CustomFieldPage,
    CustomFieldsPage,
    ErpSettingsPage,
    Locks,
    Overview,
)
from erpstaging.approvals.views.start import CompanyStart, LatestCompany

app_name = "approvals"
STAGED, EXPORT, RECORD = "staged/<id:object_id>/", "exports/<id:object_id>/", "records/<id:object_id>/"
COMPANY = [
    path("queue/", QueuePage.as_view(), name="queue"),
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
    path(f"{EXPORT}hold/", Hold.as_view(), name="hold"),
    path(f"{EXPORT}resume/", Resume.as_view(), name="resume"),
    path(f"{EXPORT}cancel/", Cancel.as_view(), name="cancel"),
    path(f"{EXPORT}undo/", Undo.as_view(), name="undo"),
    path("records/", RecordsPage.as_view(), name="records"),
    path("records/new/<slug:item_type>/", NewRecord.as_view(), name="new_record"),
    path(RECORD, RecordPage.as_view(), name="record"),
    path(f"{RECORD}edit/", EditRecord.as_view(), name="edit_record"),
    path(f"{RECORD}send/", Send.as_view(), name="send"),
    path(f"{RECORD}retrieve/", RetrieveRecord.as_view(), name="retrieve"),
    path(f"{RECORD}unlink/", Unlink.as_view(), name="unlink"),
    path(f"{RECORD}merge/", MergePage.as_view(), name="merge"),
    path(f"{RECORD}delete/", Delete.as_view(), name="delete_record"),
]
SETTINGS = [
    path("settings/", Overview.as_view(), name="settings"),
    path("settings/metadata/", MetadataPage.as_view(), name="metadata"),
    path("settings/metadata/edit/", EditMetadata.as_view(), name="edit_metadata"),
    path("settings/metadata/versions/", MetadataVersions.as_view(), name="metadata_versions"),
    path("settings/metadata/restore/", RestoreMetadata.as_view(), name="restore_metadata"),
    path("settings/erp/", ErpSettingsPage.as_view(), name="erp_settings"),
    path("settings/locks/", Locks.as_view(), name="locks"),
    path("settings/custom_fields/", CustomFieldsPage.as_view(), name="custom_fields"),
    path("settings/custom_fields/<id:field_id>/", CustomFieldPage.as_view(), name="custom_field"),
    path("settings/configuration.json", ConfigurationFile.as_view(), name="configuration"),
]
urlpatterns = [
    path("accounts/login/", SignIn.as_view(), name="sign_in"),
    path("accounts/logout/", SignOut.as_view(), name="sign_out"),
    path("accounts/theme/", ChooseTheme.as_view(), name="theme"),
    path("", LatestCompany.as_view(), name="front"),
    path("queue/", LatestCompany.as_view(), name="latest"),
    path("c/<int:company_id>/", CompanyStart.as_view(), name="company"),
    path("c/<int:company_id>/", include([*COMPANY, *SETTINGS])),
]
