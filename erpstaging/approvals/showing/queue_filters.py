"""The filters of the work queue: those that are on, the form of all, and what could not be meant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erpstaging.approvals.formats import amount_text, date_text
from erpstaging.approvals.naming import local, within
from erpstaging.approvals.presenters import Choice, Filter, FormField, Text
from erpstaging.approvals.showing.queue import queue_url, tab_key
from erpstaging.approvals.showing.words import VIEW_LABELS
from erpstaging.approvals.statuses import LOOKS, Status
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import Company
from erpstaging.connections.services import metadata_of
from erpstaging.staging.problem_models import Problem
from erpstaging.staging.queue import IMPORT_VIEWS, Asked
from erpstaging.staging.queue_names import record_names, sender_names, suggested_records, suggested_senders
from erpstaging.staging.queue_reading import DECIDED_IN, DECLARED, FLAG_WORDS, STATUS_WORDS, Wrong, as_pairs

# What people type into the form, and the filter that it becomes.
TYPED = {"project": "project_id", "vendor": "vendor_id", "sender_name": "sender"}
LINKED = frozenset({"problem", "synced_from", "synced_to"})
LABELS: Mapping[str, Text] = {
    "project_id": gettext_lazy("Project"),
    "vendor_id": gettext_lazy("Company"),
    "sender": gettext_lazy("Sender"),
    "amount_from": gettext_lazy("Amount from"),
    "amount_to": gettext_lazy("Amount to"),
    "currency": gettext_lazy("Currency"),
    "waiting": gettext_lazy("Waiting"),
    "received_from": gettext_lazy("Received from"),
    "received_to": gettext_lazy("Received to"),
    "status": gettext_lazy("Status"),
    "flag": gettext_lazy("Flag"),
    "code": gettext_lazy("Reason code"),
    "decidable": gettext_lazy("I can decide"),
    "late": gettext_lazy("Past the limit"),
    "problem": gettext_lazy("Problem"),
    "synced_from": gettext_lazy("Synced from"),
    "synced_to": gettext_lazy("Synced to"),
    "sort": gettext_lazy("Sort"),
}
HINTS: Mapping[Wrong, Text] = {
    Wrong.ID: gettext_lazy("%(label)s is left out: “%(value)s” is no id."),
    Wrong.SENDER: gettext_lazy("%(label)s is left out: “%(value)s” is neither a person nor a service account."),
    Wrong.AMOUNT: gettext_lazy("%(label)s is left out: “%(value)s” is not an amount such as 1250.50."),
    Wrong.CURRENCY: gettext_lazy("%(label)s is left out: “%(value)s” is not a currency such as USD."),
    Wrong.DURATION: gettext_lazy("%(label)s is left out: “%(value)s” is not a time such as 90m, 3h or 2d."),
    Wrong.DAY: gettext_lazy("%(label)s is left out: “%(value)s” is not a day such as 2026-01-31."),
    Wrong.SWITCH: gettext_lazy("%(label)s is left out: “%(value)s” is neither true nor false."),
    Wrong.WORD: gettext_lazy("%(label)s is left out: “%(value)s” is not known here."),
    Wrong.TEXT: gettext_lazy("%(label)s is left out: the text is too long."),
    Wrong.ONE: gettext_lazy("%(label)s is left out: it can be given once."),
    Wrong.MANY: gettext_lazy("%(label)s is left out: it has too many values."),
    Wrong.RANGE: gettext_lazy("%(label)s is left out: it ends before it begins."),
    Wrong.VIEW: gettext_lazy("%(label)s is left out: this view has no such filter."),
}
NOT_FOUND: Mapping[str, Text] = {
    "project": gettext_lazy("No project is called “%(value)s”."),
    "vendor": gettext_lazy("No company is called “%(value)s”."),
    "sender_name": gettext_lazy("Nobody here is called “%(value)s”."),
}
STATUS_LABELS: Mapping[str, Text] = {
    "invalid": LOOKS[Status.INVALID].word,
    "waiting_for_parent": LOOKS[Status.WAITING_FOR_PARENT].word,
    "accepted": LOOKS[Status.ACCEPTED].word,
    "exporting": LOOKS[Status.EXPORTING].word,
    "failed": LOOKS[Status.FAILED].word,
    "stale": LOOKS[Status.STALE].word,
    "partially_failed": LOOKS[Status.PARTIALLY_FAILED].word,
    "synced": LOOKS[Status.SYNCED].word,
    "unlinking": LOOKS[Status.UNLINKING].word,
}
FLAG_LABELS: Mapping[str, Text] = {
    "resubmitted": gettext_lazy("Resubmitted"),
    "retried": gettext_lazy("Tried more than once"),
}
WAITING: Mapping[str, Text] = {
    "1h": gettext_lazy("1 hour"),
    "4h": gettext_lazy("4 hours"),
    "1d": gettext_lazy("1 day"),
    "2d": gettext_lazy("2 days"),
    "3d": gettext_lazy("3 days"),
    "7d": gettext_lazy("7 days"),
    "14d": gettext_lazy("14 days"),
    "30d": gettext_lazy("30 days"),
}


def filters_on(company: Company, asked: Asked) -> list[Filter]:
    """One for each value, with the address without it."""
    pairs = as_pairs(asked.filters)
    words = _words(company, asked) if pairs else {}
    found = [Filter(_("Text"), queue_url(company, asked, q=""), asked.text)] if asked.text else []
    bounded = asked.filters.amount_from is not None or asked.filters.amount_to is not None
    for name, value in pairs:
        if name == "currency" and bounded:
            continue  # it stands beside the amounts
        found.append(Filter(LABELS[name], _without(company, asked, name, value), words.get((name, value), value)))
    return found


def in_words(company: Company, asked: Asked) -> str:
    """A part of the queue as people would call it: "Ready to export, Project Harbour Point, I can decide"."""
    tab = [local(ENTITIES[asked.item_types[0]].plural)] if asked.item_types else []
    parts = [f"{one.label} {one.value}".strip() for one in filters_on(company, asked)]
    return ", ".join([str(VIEW_LABELS[asked.view]), *tab, *parts])


def _without(company: Company, asked: Asked, name: str, value: str) -> str:
    pairs = as_pairs(asked.filters)
    changed: dict[str, Any] = {name: [text for key, text in pairs if key == name and text != value]}
    ends = {"amount_from": "amount_to", "amount_to": "amount_from"}
    if name in ends and not any(key == ends[name] for key, _text in pairs):
        changed["currency"] = ""
    return queue_url(company, asked, **changed)


def _words(company: Company, asked: Asked) -> dict[tuple[str, str], Text]:
    """What values are called by people: names instead of ids, in two queries at most."""
    filters = asked.filters
    records = record_names(company, filters)
    senders = sender_names(company, filters.senders)
    words: dict[tuple[str, str], Text] = {("decidable", "true"): "", ("late", "true"): ""}
    for name, ids in (("project_id", filters.project_ids), ("vendor_id", filters.vendor_ids)):
        words |= {(name, str(one)): records.get(one) or str(one) for one in ids}
    words |= {("sender", str(one)): senders.get(one) or str(one) for one in filters.senders}
    for name, amount in (("amount_from", filters.amount_from), ("amount_to", filters.amount_to)):
        if amount is not None:
            words[name, str(amount)] = f"{amount_text(amount, filters.currency)} {filters.currency}"
    for name in ("received_from", "received_to", "synced_from", "synced_to"):
        if (day := getattr(filters, name)) is not None:
            words[name, str(day)] = date_text(day)
    if filters.problem_ids:
        problems = Problem.objects.of(company).filter(pk__in=filters.problem_ids).values_list("pk", "text")
        words |= {("problem", str(one)): text for one, text in problems}
    words |= {("waiting", word): _("longer than %(time)s") % {"time": text} for word, text in WAITING.items()}
    words |= {("status", word): text for word, text in STATUS_LABELS.items()}
    words |= {("flag", word): text for word, text in FLAG_LABELS.items()}
    return words


def hints(wrong: Mapping[str, Wrong], given: Mapping[str, Sequence[str]]) -> list[str]:
    """What an address asks for and cannot mean, in whole sentences."""
    return [
        str(HINTS[why]) % {"label": LABELS[name], "value": ", ".join(given.get(name, ()))[:60]}
        for name, why in wrong.items()
    ]


def not_found(name: str, value: str) -> str:
    return str(NOT_FOUND[name]) % {"value": value[:60]}


@dataclass(frozen=True, slots=True)
class Ticks:
    """Alternatives of one filter, each with its box."""

    name: str
    label: Text
    choices: Sequence[tuple[str, Text, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterForm:
    """The form of all filters. `parts` are its inputs in their order; `hidden` carries view, tab and sorting along."""

    url: str
    back_url: str
    clear_url: str
    hidden: Sequence[tuple[str, str]]
    parts: Sequence[FormField | Ticks]


def filter_form(company: Company, asked: Asked) -> FilterForm:
    hidden = [("view", str(asked.view)), ("type", tab_key(asked)), ("sort", asked.sort)]
    hidden += [("limit", str(asked.limit)), ("apply", "1")]
    # Links lead to these; nobody types them.
    hidden += [(name, value) for name, value in as_pairs(asked.filters) if name in LINKED]
    return FilterForm(
        url=reverse("approvals:queue", args=[company.pk]),
        back_url=queue_url(company, asked),
        clear_url=queue_url(company, Asked(asked.view)),
        hidden=hidden,
        parts=[*_typed_parts(company, asked), *_bounds(asked), *_ticked_parts(company, asked)],
    )


def _typed_parts(company: Company, asked: Asked) -> list[FormField | Ticks]:
    """A text, and what is chosen by name: what stands already has a box, one more can be typed."""
    parts: list[FormField | Ticks] = [
        FormField(name="q", label=_("Number, title, company or origin ID"), value=asked.text, max_length=200,
                  full_width=True)
    ]  # fmt: skip
    words = _words(company, asked)
    machines = asked.view in IMPORT_VIEWS
    for typed, name in TYPED.items():
        if asked.view not in DECLARED[name].views:
            continue
        chosen = [value for key, value in as_pairs(asked.filters) if key == name]
        if chosen:
            parts.append(Ticks(name, LABELS[name], [(value, words[name, value], True) for value in chosen]))
        suggested = (
            suggested_senders(company, machines=machines) if name == "sender" else suggested_records(company, typed)
        )
        label = _("or %(filter)s") % {"filter": within(str(LABELS[name]))} if chosen else LABELS[name]
        parts.append(FormField(name=typed, label=label, suggestions=suggested, max_length=255, full_width=True,
                               placeholder="" if chosen else _("any")))  # fmt: skip
    return parts


def _bounds(asked: Asked) -> list[FormField | Ticks]:
    filters, typed = asked.filters, dict(as_pairs(asked.filters))
    fields = [
        FormField(name="amount_from", label=_("Amount from"), kind="number", value=typed.get("amount_from", ""),
                  max_length=25),
        FormField(name="amount_to", label=_("Amount to"), kind="number", value=typed.get("amount_to", ""),
                  max_length=25),
        FormField(name="currency", label=_("Currency"), value=filters.currency, max_length=3,
                  placeholder=_("the company's own")),
    ]  # fmt: skip
    if asked.view in DECLARED["waiting"].views:
        fields.append(_waiting(typed.get("waiting", "")))
    return [
        *fields,
        FormField(name="received_from", label=_("Received from"), kind="date", value=typed.get("received_from", "")),
        FormField(name="received_to", label=_("Received to"), kind="date", value=typed.get("received_to", "")),
    ]


def _waiting(value: str) -> FormField:
    known = WAITING if value in {*WAITING, ""} else {value: value, **WAITING}
    choices = [Choice("", _("Any time")), *(Choice(word, text) for word, text in known.items())]
    return FormField(name="waiting", label=_("Waiting longer than"), kind="choice", value=value, choices=choices)


def _ticked_parts(company: Company, asked: Asked) -> list[FormField | Ticks]:
    filters, view = asked.filters, asked.view
    groups: list[tuple[str, Sequence[str], Mapping[str, Text], Sequence[str]]] = [
        ("status", STATUS_WORDS.get(view, ()), STATUS_LABELS, filters.statuses),
        ("flag", FLAG_WORDS.get(view, ()), FLAG_LABELS, filters.flags),
    ]
    if view in DECLARED["code"].views:
        codes = {code: f"{code} {label}" for code, label in metadata_of(company.pk).erp.reject_codes.items()}
        groups.append(("code", [*codes, *(one for one in filters.codes if one not in codes)], codes, filters.codes))
    parts: list[FormField | Ticks] = [
        Ticks(name, LABELS[name], [(word, labels.get(word, word), word in chosen) for word in words])
        for name, words, labels, chosen in groups
        if words
    ]
    if view in DECLARED["late"].views:
        parts.append(Ticks("late", LABELS["waiting"], [("true", LABELS["late"], filters.late)]))
    if view in DECIDED_IN:
        mine = filters.decidable_by is not None
        parts.append(Ticks("decidable", _("Decision"), [("true", LABELS["decidable"], mine)]))
    return parts
