"""Hooks and their triggers: who may be told what. The one door for REST and pages."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from erpstaging.audit import log as audit
from erpstaging.audit.log import Act
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.encryption import decrypt, encrypt
from erpstaging.core.errors import Invalid, NotFound, Refused, TooLarge, WrongState
from erpstaging.core.locks import lock
from erpstaging.hooks.destinations import Destination, clean_headers, masked
from erpstaging.hooks.models import Delivery, DeliveryState, Hook, Profile, Trigger
from erpstaging.hooks.owners import owe_to_owners
from erpstaging.hooks.payloads import SHAPES
from erpstaging.hooks.resources import RESOURCES
from erpstaging.hooks.signing import new_secret
from erpstaging.outbox.models import EventType
from erpstaging.records.models import Record

DEFAULT_NAMESPACE = "procore"
EVERY_NAMESPACE = "*"
MAX_HOOKS = 500
MAX_BULK = 500
MIN_REASON, MAX_REASON = 3, 300
_namespace = re.compile(r"[a-z0-9-]{1,64}")
_COUNTERS = [
    "state", "failures", "first_failure_at", "next_attempt_at", "paused_at", "paused_by", "pause_reason"
]  # fmt: skip
_CHANGEABLE = [
    "destination_url", "encrypted_headers", "api_version", "namespace", "profile", "updated_at", *_COUNTERS
]  # fmt: skip


def require_manager(actor: Actor) -> None:
    """Raises NotPermitted unless the caller may manage hooks."""
    actor.require("erp_admin", "Hooks are managed by people with the ERP level Admin and by integrations.")


# Reading


def list_hooks(
    company: Company, *, project_id: int | None = None, namespace: str | None = None, api_version: str | None = None
) -> list[Hook]:
    """The hooks of the company itself, or of one project. Those of other namespaces are listed when asked for."""
    hooks = Hook.objects.of(company).filter(deleted_at__isnull=True, project_id=project_id)
    if namespace != EVERY_NAMESPACE:
        hooks = hooks.filter(namespace=namespace or DEFAULT_NAMESPACE)
    if api_version:
        shape = SHAPES.get(api_version)
        hooks = hooks.filter(api_version__in=[word for word, meant in SHAPES.items() if meant == shape])
    return list(hooks.order_by("id")[:MAX_HOOKS])


def get_hook(company: Company, hook_id: int, *, project_id: int | None = None) -> Hook:
    """Raises NotFound, for a hook of another project too when the caller names one."""
    return _only(_named(company, hook_id, project_id)[:1])


def list_triggers(company: Company, hook_id: int, *, project_id: int | None = None) -> list[Trigger]:
    """Raises NotFound when there is no such hook."""
    hook = get_hook(company, hook_id, project_id=project_id)
    return list(Trigger.objects.of(company).filter(hook=hook).order_by("id"))


def every_hook(company: Company) -> list[Hook]:
    """Those of the company and of its projects, in every namespace; a company has at most 500."""
    return list(Hook.objects.of(company).filter(deleted_at__isnull=True).order_by("id")[:MAX_HOOKS])


def triggers_of(company: Company, hook_ids: Sequence[int]) -> dict[int, list[Trigger]]:
    """What each of these hooks listens to: one query, whatever their number."""
    found: dict[int, list[Trigger]] = {hook_id: [] for hook_id in hook_ids}
    for trigger in Trigger.objects.of(company).filter(hook_id__in=hook_ids).order_by("id"):
        found[trigger.hook_id].append(trigger)
    return found


def headers_of(hook: Hook) -> dict[str, str]:
    """What is sent with each delivery, in clear."""
    return msgspec.json.decode(decrypt(hook.encrypted_headers), type=dict[str, str])


def masked_headers_of(hook: Hook) -> dict[str, str]:
    return masked(headers_of(hook))


# Hooks


@dataclass(frozen=True, slots=True)
class HookChanges:
    """What to set on a hook; None leaves a value as it is."""

    destination: Destination | None = None
    destination_headers: Mapping[str, Any] | None = None
    api_version: str | None = None
    namespace: str | None = None
    profile: str | None = None


def create_hook(
    company: Company,
    actor: Actor,
    *,
    destination: Destination,
    api_version: Any,
    namespace: Any = None,
    destination_headers: Any = None,
    project_id: int | None = None,
    profile: Any = Profile.PROCORE,
) -> tuple[Hook, str]:
    """Create a hook and the secret that its deliveries are signed with, which is never shown again.

    Raises NotPermitted, Invalid.
    """
    require_manager(actor)
    if Hook.objects.of(company).filter(deleted_at__isnull=True).count() >= MAX_HOOKS:
        raise Invalid.field("base", f"A company can have {MAX_HOOKS} hooks.")
    secret = new_secret()
    hook: Hook = Hook.objects.create(
        company=company,
        project_id=_project(company, project_id),
        namespace=_clean_namespace(namespace),
        api_version=clean_api_version(api_version),
        destination_url=destination.url,
        encrypted_headers=_closed(clean_headers(destination_headers)),
        encrypted_secret=encrypt(secret),
        profile=_clean_profile(profile),
        user_id=actor.user_id,
        account_id=actor.account_id,
    )
    audit.record(company.pk, actor, [Act("create_hook", "hook", hook.pk, after=_told(hook))])
    return hook, secret


def update_hook(
    company: Company, actor: Actor, hook_id: int, changes: HookChanges, *, project_id: int | None = None
) -> Hook:
    """Change a hook. A new destination or profile starts it, and what waits for it, afresh.

    One that a person paused stays so until somebody resumes it: what he paused it for may be this very change.

    Raises NotPermitted, NotFound, Invalid.
    """
    require_manager(actor)
    hook = locked_hook(company, hook_id, project_id)
    before, headers_before, destination_before = _told(hook), headers_of(hook), hook.destination_url
    _apply(hook, changes)
    if hook.destination_url != destination_before or hook.profile != before["profile"]:
        _start_afresh_but_paused(hook)
    hook.updated_at = timezone.now()
    hook.save(update_fields=_CHANGEABLE)
    after = _told(hook)
    changed = [name for name in after if after[name] != before[name]]
    told_before, told_after = ({name: told[name] for name in changed} for told in (before, after))
    if headers_of(hook) != headers_before:
        told_after["header_values_changed"] = True
    if told_after:
        audit.record(company.pk, actor, [Act("update_hook", "hook", hook.pk, before=told_before, after=told_after)])
    return hook


def delete_hook(company: Company, actor: Actor, hook_id: int, *, project_id: int | None = None) -> None:
    """Remove a hook with its triggers; what it was still owed is discarded. Raises NotPermitted, NotFound."""
    require_manager(actor)
    hook = locked_hook(company, hook_id, project_id)
    hook.deleted_at = hook.updated_at = timezone.now()
    hook.save(update_fields=["deleted_at", "updated_at"])
    Trigger.objects.of(company).filter(hook=hook).delete()
    _discard(_open(hook))
    audit.record(company.pk, actor, [Act("delete_hook", "hook", hook.pk, before=_told(hook))])


def clean_reason(value: Any) -> str:
    """Why somebody pauses, resumes or replays. Raises Invalid."""
    text = " ".join(value.replace("\0", "").split()) if isinstance(value, str) else ""
    if len(text) < MIN_REASON:
        raise Invalid.field("reason", f"must say why, in {MIN_REASON} characters or more", code="reason_required")
    if len(text) > MAX_REASON:
        raise Invalid.field("reason", f"is too long (maximum {MAX_REASON} characters)")
    return text


def pause_hook(company: Company, actor: Actor, hook_id: int, *, reason: Any) -> Hook:
    """Send nothing to a hook until somebody resumes it; what comes meanwhile is held, and nothing is discarded.

    What a worker is sending in this moment is still sent. Raises NotPermitted, NotFound, Invalid, WrongState when it is
    paused already.
    """
    require_manager(actor)
    why, hook = clean_reason(reason), locked_hook(company, hook_id, None)
    if hook.waits_for_resume:
        raise WrongState(f"Hook {hook_id} is paused already.")
    before = hook.state
    hook.wait_for_resume(now=timezone.now(), reason=why, by=actor.name[:200])
    hook.save(update_fields=_COUNTERS)
    act = Act("pause_hook", "hook", hook.pk, before={"state": before}, after={"state": hook.state, "reason": why})
    audit.record(company.pk, actor, [act])
    return hook


def resume_hook(company: Company, actor: Actor, hook_id: int, *, reason: Any = None) -> Hook:
    """Send again what is held for a hook, in order; who was told that it stopped is told that it goes on.

    Raises NotPermitted, NotFound, Invalid, WrongState when nothing is held.
    """
    require_manager(actor)
    why = clean_reason(reason) if reason else ""
    hook = locked_hook(company, hook_id, None)
    held = _queue(hook).filter(state=DeliveryState.FAILING, next_attempt_at__isnull=True)
    if not hook.waits_for_resume and not held.exists():
        raise WrongState(f"Hook {hook_id} is {hook.state} and holds nothing back.")
    before, paused_at, by_service = hook.state, hook.paused_at, hook.waits_for_resume and not hook.paused_by
    _start_afresh(hook)
    hook.save(update_fields=_COUNTERS)
    after = {"state": hook.state, **({"reason": why} if why else {})}
    audit.record(company.pk, actor, [Act("resume_hook", "hook", hook.pk, before={"state": before}, after=after)])
    if by_service:
        owe_to_owners(hook, "hook_resumed", f"resumed-{paused_at}", {"by": actor.name})
    return hook


def discard_queue(hook: Hook) -> int:
    """Discard whatever waits for a hook; one being sent loses its lease and its outcome. Answers how many."""
    return _discard(_queue(hook))


def _discard(rows: Any) -> int:
    return int(
        rows.update(
            state=DeliveryState.DISCARDED,
            completed_at=Now(),
            gave_up_at=Now(),
            next_attempt_at=None,
            lease_token=None,
            leased_until=None,
        )
    )


def _start_afresh(hook: Hook) -> None:
    """The hook and its failing deliveries: counters at zero, and due since they exist, so before what came later."""
    hook.start_afresh()
    _queue(hook).filter(state=DeliveryState.FAILING).update(
        state=DeliveryState.PENDING,
        failures=0,
        first_failure_at=None,
        next_attempt_at=F("created_at"),
        gave_up_at=None,
    )


def _start_afresh_but_paused(hook: Hook) -> None:
    paused = (hook.paused_at, hook.pause_reason, hook.paused_by) if hook.paused_by else None
    _start_afresh(hook)
    if paused is not None:
        since, reason, by = paused
        hook.wait_for_resume(now=since or timezone.now(), reason=reason, by=by)


def _open(hook: Hook) -> Any:
    return Delivery.objects.of(hook.company_id).filter(hook=hook, completed_at__isnull=True)


def _queue(hook: Hook) -> Any:
    return _open(hook).filter(is_test=False)


def _apply(hook: Hook, changes: HookChanges) -> None:
    if changes.destination is not None:
        hook.destination_url = changes.destination.url
    if changes.destination_headers is not None:
        hook.encrypted_headers = _closed(clean_headers(changes.destination_headers, stored=headers_of(hook)))
    if changes.api_version is not None:
        hook.api_version = clean_api_version(changes.api_version)
    if changes.namespace is not None:
        hook.namespace = _clean_namespace(changes.namespace)
    if changes.profile is not None:
        hook.profile = _clean_profile(changes.profile)


# Triggers


@dataclass(frozen=True, slots=True)
class TriggerProblem:
    """An element of a bulk call that was refused: what was sent, and why."""

    sent: Any
    refusal: Refused


@dataclass(slots=True)
class BulkTriggers:
    """What came of a bulk call, both in the order of the call."""

    created: list[Trigger] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    problems: list[TriggerProblem] = field(default_factory=list)


def create_trigger(
    company: Company, actor: Actor, hook_id: int, *, resource_name: Any, event_type: Any, project_id: int | None = None
) -> Trigger:
    """Raises NotPermitted, NotFound, Invalid."""
    sent = {"resource_name": resource_name, "event_type": event_type}
    result = create_triggers(company, actor, hook_id, [sent], project_id=project_id)
    if result.problems:
        raise result.problems[0].refusal
    return result.created[0]


def create_triggers(
    company: Company, actor: Actor, hook_id: int, sent: Sequence[Any], *, project_id: int | None = None
) -> BulkTriggers:
    """Create those of the triggers that are right; the others are told. Raises NotPermitted, NotFound, TooLarge."""
    require_manager(actor)
    _bound(sent)
    hook = locked_hook(company, hook_id, project_id)
    known = set(Trigger.objects.of(company).filter(hook=hook).values_list("resource_name", "event_type"))
    result, fresh = BulkTriggers(), []
    for element in sent:
        try:
            listened = _clean_trigger(element, hook, known)
        except Refused as refusal:
            result.problems.append(TriggerProblem(element, refusal))
            continue
        known.add(listened)
        name, event_type = listened
        fresh.append(
            Trigger(company=company, hook=hook, resource_name=name, event_type=event_type, user_id=actor.user_id)
        )
    result.created = list(Trigger.objects.bulk_create(fresh))
    audit.record(company.pk, actor, [_trigger_act("create_trigger", trigger) for trigger in result.created])
    return result


def delete_trigger(
    company: Company, actor: Actor, hook_id: int, trigger_id: int, *, project_id: int | None = None
) -> None:
    """Raises NotPermitted, NotFound."""
    if delete_triggers(company, actor, hook_id, [trigger_id], project_id=project_id).problems:
        raise NotFound


def delete_triggers(
    company: Company, actor: Actor, hook_id: int, ids: Sequence[Any], *, project_id: int | None = None
) -> BulkTriggers:
    """Delete those triggers of the hook that exist; the others are told. Raises NotPermitted, NotFound, TooLarge."""
    require_manager(actor)
    _bound(ids)
    hook = locked_hook(company, hook_id, project_id)
    wanted = [_id(value) for value in ids]
    rows = Trigger.objects.of(company).filter(hook=hook, pk__in=[one for one in wanted if one is not None])
    found: dict[int, Trigger] = rows.in_bulk()
    result = BulkTriggers(deleted=list(dict.fromkeys(one for one in wanted if one in found)))
    missing = [value for value, one in zip(ids, wanted, strict=True) if one not in found]
    result.problems = [TriggerProblem(value, NotFound()) for value in missing]
    rows.delete()
    audit.record(company.pk, actor, [_trigger_act("delete_trigger", found[one]) for one in result.deleted])
    return result


def _clean_trigger(sent: Any, hook: Hook, known: set[tuple[str, str]]) -> tuple[str, str]:
    if not isinstance(sent, Mapping):
        raise Invalid.field("trigger", "must be an object")
    name, kind = sent.get("resource_name"), sent.get("event_type")
    resource = RESOURCES.get(name) if isinstance(name, str) else None
    event_type = kind.lower() if isinstance(kind, str) else ""
    if resource is None:
        raise Invalid.field("resource_name", "is not a resource that can be listened to")
    if resource.level == "company" and hook.project_id is not None:
        raise Invalid.field("resource_name", "belongs to the company; the hook is a project's")
    if event_type not in EventType.values:
        raise Invalid.field("event_type", "must be create, update or delete")
    if (resource.name, event_type) in known:
        raise Invalid.field("base", "The hook has this trigger already.")
    return resource.name, event_type


def _trigger_act(action: str, trigger: Trigger) -> Act:
    told = {"hook_id": trigger.hook_id, "resource_name": trigger.resource_name, "event_type": trigger.event_type}
    if action == "delete_trigger":
        return Act(action, "trigger", trigger.pk, before=told)
    return Act(action, "trigger", trigger.pk, after=told)


def _bound(elements: Sequence[Any]) -> None:
    if len(elements) > MAX_BULK:
        raise TooLarge(f"At most {MAX_BULK} triggers can be sent in one call.")


# Values


def clean_api_version(value: Any) -> str:
    """Raises Invalid."""
    if not isinstance(value, str) or value not in SHAPES:
        raise Invalid.field("api_version", "must be v2, v3 or v4")
    return value


def _clean_namespace(value: Any) -> str:
    if value is None or value == "":
        return DEFAULT_NAMESPACE
    if not isinstance(value, str) or not _namespace.fullmatch(value):
        raise Invalid.field("namespace", "may have a-z, 0-9 and -, and at most 64 of them")
    return value


def _clean_profile(value: Any) -> str:
    if value not in Profile.values:
        raise Invalid.field("profile", "must be procore or durable")
    return str(value)


def _project(company: Company, project_id: int | None) -> int | None:
    if project_id is None:
        return None
    projects = Record.objects.of(company).filter(pk=project_id, item_type="project", deleted_at__isnull=True)
    if not projects.exists():
        raise NotFound
    return project_id


def _id(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63 else None


def _closed(headers: Mapping[str, str]) -> str:
    return encrypt(msgspec.json.encode(headers).decode())


def _told(hook: Hook) -> dict[str, Any]:
    """What the audit may know of a hook: no secret, and no query, where some receivers keep one."""
    return {
        "namespace": hook.namespace,
        "api_version": hook.api_version,
        "destination_url": hook.destination_url.partition("?")[0],
        "destination_headers": sorted(headers_of(hook)),
        "profile": hook.profile,
        "project_id": hook.project_id,
        "state": hook.state,
    }


# Rows


def _named(company: Company, hook_id: int, project_id: int | None) -> Any:
    hooks = Hook.objects.of(company).filter(pk=hook_id, deleted_at__isnull=True)
    return hooks if project_id is None else hooks.filter(project_id=project_id)


def locked_hook(company: Company, hook_id: int, project_id: int | None) -> Hook:
    return _only(lock(_named(company, hook_id, project_id)))


def _only(hooks: Sequence[Hook]) -> Hook:
    if not hooks:
        raise NotFound
    return hooks[0]
