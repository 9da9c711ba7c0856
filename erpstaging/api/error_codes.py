"""Every code an error answer can carry, in one list, which `GET /api/errors` serves."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A code, the title it is shown under, and what a client can do about it."""

    title: str
    meaning: str


CODES: dict[str, ErrorCode] = {
    # The request cannot be read.
    "bad_request": ErrorCode("Bad request", "The request cannot be read; the message says which part."),
    "malformed_json": ErrorCode("Malformed JSON", "The body is not one JSON document in UTF-8 within the limits."),
    "bad_length": ErrorCode("Wrong length", "Content-Length is missing, not a number, or not the length of the body."),
    "body_required": ErrorCode("Body required", "This call needs a JSON object as its body."),
    "bad_query": ErrorCode("Bad query", "A parameter of the query string has a value of the wrong kind."),
    "bad_header": ErrorCode("Bad header", "A header has a value of the wrong kind, or was sent twice."),
    "company_required": ErrorCode("Company required", "Name the company in the header Procore-Company-Id."),
    "idempotency_in_progress": ErrorCode("Still running", "The first call with this key has not ended yet."),
    "idempotency_key_reused": ErrorCode("Key reused", "An idempotency key stands for one call: use another key."),
    "unsupported_media_type": ErrorCode("Unsupported media type", "Send application/json in UTF-8, uncompressed."),
    "method_not_allowed": ErrorCode("Method not allowed", "The header Allow lists the methods of this address."),
    "too_large": ErrorCode("Too large", "Send fewer elements or bytes in one call."),
    # Who may.
    "unauthorized": ErrorCode("Unauthorized", "The access token is missing, wrong, expired or revoked: get a new one."),
    "forbidden": ErrorCode("Forbidden", "The caller may not do this."),
    "missing_privilege": ErrorCode("Missing privilege", "The caller lacks the privilege that the message names."),
    "missing_scope": ErrorCode("Missing scope", "The access token lacks the scope that the message names."),
    "foreign_company": ErrorCode("Not your company", "The caller has no access to this company."),
    "contradictory_company": ErrorCode("Contradictory company", "Header, path, query and body must name one company."),
    "address_not_allowed": ErrorCode("Address not allowed", "The account may be used from its listed networks only."),
    "own_rights": ErrorCode("Own rights", "Nobody grants himself rights: a second admin does."),
    "https_required": ErrorCode("HTTPS required", "Tokens are not accepted over plain HTTP. Consider this one leaked."),
    "csrf_failed": ErrorCode("CSRF check failed", "Send the CSRF token of the session in the header X-CSRFToken."),
    "too_many_attempts": ErrorCode("Too many attempts", "Failed attempts closed the door; wait as Retry-After says."),
    # What the token endpoints answer (RFC 6749, section 5.2).
    "invalid_client": ErrorCode("Invalid client", "The client id is unknown, disabled, or its secret is wrong."),
    "invalid_grant": ErrorCode("Invalid grant", "The code or refresh token is wrong, used, expired or revoked."),
    "invalid_request": ErrorCode("Invalid request", "A parameter is missing or cannot be read."),
    "invalid_scope": ErrorCode("Invalid scope", "The account does not have the scope that was asked for."),
    "unauthorized_client": ErrorCode("Unauthorized client", "The client may not use this kind of grant."),
    "unsupported_grant_type": ErrorCode("Unsupported grant type", "Use client_credentials."),
    # What is there, and how it stands.
    "not_found": ErrorCode("Not found", "It does not exist, or not for this caller."),
    "gone": ErrorCode("Gone", "It was kept for a time, and that is over."),
    "cursor_expired": ErrorCode("Cursor expired", "Events after it went: read the lists, then start anew."),
    "refused": ErrorCode("Refused", "A rule refused it; the message says which."),
    "invalid": ErrorCode("Invalid", "Values break a rule; `errors` names the fields."),
    "wrong_state": ErrorCode("Wrong state", "The act is not possible in the state the object is in."),
    "hook_deleted": ErrorCode("Hook deleted", "The hook is gone, and nothing can be sent to it any more."),
    "stale_version": ErrorCode("Stale version", "The object changed since it was read: read it again and decide anew."),
    "version_required": ErrorCode("Version required", "Name the version that the decision is about."),
    # The gate, its locks and its switches.
    "pending_approval": ErrorCode("Waiting for approval", "The record is being reviewed; retrieve it to change it."),
    "locked": ErrorCode("Locked", "The field belongs to the ERP while the record is linked or on its way there."),
    "owned_by_another": ErrorCode("Owned by another", "Another integration owns the origin ID of this record."),
    "origin_id_taken": ErrorCode("Origin ID taken", "Another object of the company has this origin ID already."),
    "origin_id_was_linked": ErrorCode(
        "Origin ID was linked", "This origin ID left an object by a reset; repeat with `confirm_reuse`."
    ),
    "not_resettable": ErrorCode("Not reset", "Objects of this kind are not reset."),
    "second_person": ErrorCode("Second person", "Another person has to confirm it, not the one who asked."),
    "confirmation_waits": ErrorCode("Waits for a second person", "It was asked for already; `confirmation_id` says."),
    "confirmation_expired": ErrorCode("Time is over", "Nobody confirmed it in time; it has to be asked for again."),
    "already_linked": ErrorCode("Already linked", "The record has an origin ID; unlink it first, or choose another."),
    "not_active": ErrorCode("Not active", "The record is switched off; activate it first, or choose another."),
    "not_linkable": ErrorCode("Not linked here", "Objects of this kind are not linked or unlinked by this call."),
    "unlink_off": ErrorCode("Unlinking switched off", "The company does not unlink this kind of object."),
    "deletion_off": ErrorCode("Deletion requests off", "The company does not ask its ERP for such deletions."),
    "not_linked": ErrorCode("Not linked", "The object is not in the ERP; it can be deleted here."),
    "request_open": ErrorCode("Request open", "An export of the record is under way; it has to end first."),
    "link_under_way": ErrorCode("Link under way", "It was linked a moment ago; wait until that cannot be undone."),
    "refresh_running": ErrorCode("Refresh running", "The last refresh of this list has not been answered yet."),
    "taken": ErrorCode("Taken", "Another object has this value, which has to be unique."),
    "budget_modified": ErrorCode("Budget modified", "Modifications stand in the way of unlocking the budget."),
    "atomic": ErrorCode("Nothing stored", "One element was wrong and the call asked for all or nothing."),
    "entity_off": ErrorCode("Entity switched off", "The company's metadata switches this kind of object off."),
    "import_off": ErrorCode("Import switched off", "The company does not import this kind of object."),
    "export_off": ErrorCode("Export switched off", "The company does not export this kind of object."),
    "erp_tool_off": ErrorCode("ERP tool off", "The ERP tool is not switched on for the company."),
    "already_connected": ErrorCode("Already connected", "The company has an ERP connection; change it instead."),
    "metadata_missing": ErrorCode("Metadata missing", "The integration has to send its metadata first; it was asked."),
    "prerequisites": ErrorCode("Prerequisites missing", "`errors` says what has to be linked or filled in first."),
    "rule_failed": ErrorCode("Rule failed", "A rule of the company's metadata was not kept; `errors` says which."),
    "waiting_for_parent": ErrorCode("Waiting for a parent", "An origin ID it refers to is not linked yet."),
    "self_approval": ErrorCode("Own work", "Nobody decides on what he made, changed or sent himself."),
    "reason_required": ErrorCode("Reason required", "The decision needs a reason."),
    "confirmation_required": ErrorCode("Confirmation required", "Repeat the call with `confirm` to take the warning."),
    "needs_approval": ErrorCode("Needs an approval", "It was changed since it was accepted; decide on it anew."),
    "changed": ErrorCode("Changed since", "The row changed after it was chosen: look at it and decide anew."),
    "already_decided": ErrorCode("Already decided", "Somebody was faster; `decided_by` and `decided_at` say who."),
    "already_fetched": ErrorCode("Already fetched", "The integrator has the request; only its answer ends it now."),
    "already_sent": ErrorCode("Already sent", "The record is at the gate already; `export_id` names the export."),
    "synced": ErrorCode("Synced already", "The record is linked; there is nothing to send."),
    "unchanged": ErrorCode("Unchanged", "Nothing changed since it was synced; there is nothing to send."),
    "already_exported": ErrorCode("Exported already", "The budget was sent to the ERP; it can be imported no more."),
    "no_job_costs": ErrorCode("No job costs", "The ERP has sent no job costs of the project to make a budget of."),
    "destination_forbidden": ErrorCode("Destination forbidden", "Webhooks go to public https addresses only."),
    # How the service stands.
    "rate_limited": ErrorCode("Too many requests", "Wait as many seconds as Retry-After says."),
    "busy": ErrorCode("Busy", "Nothing was changed; trying again later is safe."),
    "unavailable": ErrorCode("Unavailable", "The database cannot be reached; trying again later is safe."),
    "server_error": ErrorCode("Server error", "A fault of the service. Quote the correlation id when reporting it."),
}
