"""A staged company beside the companies it may be, as the link page shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erpstaging.approvals.presenters import (
    Banner,
    Compared,
    Decision,
    DecisionButton,
    Linking,
    Match,
    Pick,
    StatusChip,
    Text,
    TypeTab,
)
from erpstaging.approvals.showing.acts import Colleagues, button
from erpstaging.approvals.showing.words import staged_chip
from erpstaging.approvals.statuses import Status
from erpstaging.approvals.telling import told
from erpstaging.companies.models import Company
from erpstaging.records.models import Record
from erpstaging.staging.matching import Candidate
from erpstaging.staging.models import StagedRecord
from erpstaging.staging.reading import StagedSeen

COMPARED = ("name", "license_number", "address", "zip", "city", "business_phone", "email_address")
ORDER = ("archive", "reject", "import", "link")


def linking_shown(
    company: Company,
    seen: StagedSeen,
    matches: Sequence[Candidate],
    *,
    chosen: Candidate | None,
    among: int,
    search: str,
    found_by_search: bool,
    picks: Sequence[Pick],
    exact: int,
    tabs: Sequence[TypeTab],
    next_url: str,
    next_title: str,
    colleagues: Colleagues,
) -> Linking:
    row = seen.row
    return Linking(
        title=row.title or row.origin_id,
        url=reverse("approvals:link", args=[company.pk, row.pk]),
        lead=_("From %(name)s") % {"name": row.changed_by_name},
        status=staged_chip(row),
        matches=[_match(one, chosen) for one in matches],
        found=_found(len(matches), among, searched=found_by_search),
        decision=_decision(company, seen, chosen, next_url, next_title, colleagues),
        compared=[] if chosen is None else compared(row, chosen),
        compared_with=chosen.title if chosen is not None else "",
        search=search,
        banners=[Banner(tone="amber", icon="invalid", title=told(row.messages[0]))] if row.messages else [],
        list_title=_("Companies"),
        list_note=ngettext("%(count)d waits", "%(count)d wait", len(picks)) % {"count": len(picks)},
        picks=picks,
        link_exact=_exact_button(company, exact),
        tabs=tabs,
    )


def _found(count: int, among: int, *, searched: bool) -> str:
    if searched:
        return ngettext("%(count)d company found", "%(count)d companies found", count) % {"count": count}
    matches = ngettext("%(count)d match", "%(count)d matches", count) % {"count": count}
    return _("%(matches)s among %(among)d companies") % {"matches": matches, "among": among}


def _exact_button(company: Company, exact: int) -> DecisionButton | None:
    if not exact:
        return None
    label = ngettext("Link %(count)d exact", "Link %(count)d exact", exact) % {"count": exact}
    return DecisionButton(
        act="link_exact", label=label, url=reverse("approvals:link_exact", args=[company.pk]), asks="dialog"
    )


def _match(one: Candidate, chosen: Candidate | None) -> Match:
    made = _("created %(year)d by %(name)s") % {"year": one.made_in, "name": one.made_by}
    return Match(
        value=str(one.record_id),
        title=one.title,
        text=", ".join(filter(None, [one.city, made])),
        percent=one.percent or None,
        tags=[(_(reason.text), reason.strong) for reason in one.reasons],
        closed=one.closed,
        chosen=chosen is not None and chosen.record_id == one.record_id,
    )


def compared(row: StagedRecord, one: Candidate) -> list[Compared]:
    """Field by field: what the ERP sent, what stands here, and what stands here after the link: only its IDs change."""
    labels = {
        "name": _("Name"),
        "license_number": _("Tax ID"),
        "address": _("Street"),
        "zip": _("Postcode"),
        "city": _("City"),
        "business_phone": _("Phone"),
        "email_address": _("E-mail"),
    }
    rows = []
    for name in COMPARED:
        staged, ours = _text(row.data, name), _text(one.data, name)
        if staged or ours:
            rows.append(Compared(labels[name], staged, ours, ours))
    ids = [(_("Code"), row.origin_code or "", one.origin_code or ""), (_("Origin ID"), row.origin_id, "")]
    return rows + [Compared(label, staged, ours, staged, staged != ours) for label, staged, ours in ids if staged]


def _text(data: Mapping[str, Any], name: str) -> str:
    return " ".join(str(data.get(name) or "").split())


def _decision(
    company: Company,
    seen: StagedSeen,
    chosen: Candidate | None,
    next_url: str,
    next_title: str,
    colleagues: Colleagues,
) -> Decision:
    row = seen.row
    acts = {act.act: act for act in seen.acts}
    buttons = []
    for word in ORDER:
        if word not in acts:
            continue
        label = _("Link") if word == "link" else ""
        one = button(acts[word], "staged", company.pk, row.pk, version=row.version, colleagues=colleagues, label=label)
        weight = {"link": "primary", "import": "plain"}.get(word, "quiet")
        why = one.why_not or (_("Choose a company first.") if word == "link" and chosen is None else "")
        buttons.append(_with(one, weight, why))
    say = _("Add it as new, or search for the company it is.")
    if chosen is not None:
        say = _("Link %(id)s to %(name)s") % {"id": row.origin_id, "name": chosen.title}
    note = _("Next: %(name)s") % {"name": next_title} if next_title else ""
    hidden = [("next", next_url)] + ([("record", str(chosen.record_id))] if chosen is not None else [])
    return Decision(say=say, note=note, buttons=buttons, hidden=hidden)


def _with(one: DecisionButton, weight: Any, why_not: Text) -> DecisionButton:
    return DecisionButton(
        act=one.act,
        label=one.label,
        url=one.url,
        version=one.version,
        asks=one.asks,
        weight=weight,
        key=one.key,
        why_not=why_not,
        whom_to_ask=one.whom_to_ask,
    )


def pick_of(company: Company, row: StagedRecord, found: Sequence[Candidate], *, current: bool) -> Pick:
    """A row that waits, with how many matches it has."""
    return Pick(
        title=row.title or row.origin_id,
        text=_matches_text(row, found),
        number=row.origin_id,
        url=reverse("approvals:link", args=[company.pk, row.pk]),
        status=staged_chip(row),
        current=current,
    )


def _matches_text(row: StagedRecord, found: Sequence[Candidate]) -> str:
    usable = [one for one in found if not one.closed]
    if not usable:
        return _("no match")
    count = ngettext("%(count)d match", "%(count)d matches", len(usable)) % {"count": len(usable)}
    best = usable[0]
    strong = next((reason.text for reason in best.reasons if reason.strong), None)
    said = _(strong) if strong else _("best %(percent)d %%") % {"percent": best.percent}
    return f"{count}, {said}"


def linked_pick(company: Company, row: StagedRecord, record: Record) -> Pick:
    """A row that was linked lately; it stays in the list for a while."""
    return Pick(
        title=row.title or row.origin_id,
        text=_("linked to %(name)s") % {"name": record.title},
        number=row.origin_id,
        url=reverse("approvals:staged", args=[company.pk, row.pk]),
        status=StatusChip.of(Status.SYNCED),
        done=True,
    )


def exact_pairs(rows: Sequence[StagedRecord], found: Mapping[int, Sequence[Candidate]]) -> dict[int, Candidate]:
    """The rows that have one match which leaves no doubt, and that no other row has too."""
    only: dict[int, Candidate] = {}
    for row in rows:
        exact = [one for one in found.get(row.pk, ()) if one.is_exact]
        if len(exact) == 1:
            only[row.pk] = exact[0]
    wanted = [one.record_id for one in only.values()]
    return {row_id: one for row_id, one in only.items() if wanted.count(one.record_id) == 1}
