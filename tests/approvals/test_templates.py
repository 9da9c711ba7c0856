"""What the templates make of the values."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import RequestFactory

from erpstaging.approvals.presenters import DecisionButton, FieldRow, Person, Queue, TypeTab
from erpstaging.approvals.showing.words import ACT_ICONS, VIEW_ICONS
from erpstaging.approvals.templatetags.approvals import folded, shown
from erpstaging.catalogue.registry import ENTITIES
from tests.approvals import samples
from tests.approvals.urls import SAMPLES

FOLDERS = ("accounts", "approvals", "components", "errors")
TEMPLATES = sorted(
    path for folder in FOLDERS for path in (Path(settings.BASE_DIR) / "templates" / folder).rglob("*.html")
)
# What of a template is no text: comments, drawings, keys, tags of Django and of HTML. Translated blocks are done.
UNTRANSLATED = (
    r"{% comment %}.*?{% endcomment %}", r"{% blocktrans.*?{% endblocktrans %}", r"{#.*?#}", r"<svg.*?</svg>",
    r"<kbd.*?</kbd>", r"{[{%].*?[}%]}", r"<!doctype html>", r"hx-headers='[^']*'", r"<[^>]*>",
)  # fmt: skip
HOSTILE = "\"><script>alert(1)</script>'{{ 1 }}"


@pytest.fixture(autouse=True)
def _sample_addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.approvals.urls"


def rendered(template: str, **context: Any) -> str:
    request = RequestFactory().get("/c/1/queue/")
    return render_to_string(template, {"frame": samples.frame(), **context}, request=request)


def queue_of(*rows: Any, **more: Any) -> str:
    return rendered("approvals/queue.html", queue=samples.queue(rows=rows, panel=None, **more))


def test_an_open_decision_is_a_plain_form_that_names_the_version_seen() -> None:
    page = queue_of(samples.row("export-2", "INV-2207", "September", money=None, hours=1))

    button = re.search(r"<button[^>]+data-act=\"accept\"[^>]*>", page)

    assert button is not None
    assert 'formaction="/acts/export-2/accept/"' in button[0]
    assert 'name="version" value="3"' in button[0]
    assert 'form="act"' in button[0]
    assert re.search(r'<form id="act" method="post" hidden><input type="hidden" name="csrfmiddlewaretoken"', page)


@pytest.mark.capability("UI-11")
def test_a_closed_decision_stays_with_its_reason_and_does_nothing() -> None:
    accept = samples.accept("export-2", why_not="You sent this item.", whom_to_ask=["Marcus Bell"])
    page = queue_of(samples.row("export-2", "INV-2207", "September", money=None, hours=1, decisions=[accept]))

    button = re.search(r"<button[^>]+data-act=\"accept\"[^>]*>", page)

    assert button is not None
    assert 'type="button"' in button[0]
    assert 'aria-disabled="true"' in button[0]
    assert 'title="You sent this item. Ask Marcus Bell."' in button[0]
    assert "formaction" not in button[0]


@pytest.mark.capability("AP-02")
def test_a_reject_leads_to_the_form_that_asks_for_the_reason() -> None:
    page = queue_of(samples.row("export-2", "INV-2207", "September", money=None, hours=1))

    assert re.search(r'<a class="btn[^"]*" href="/acts/export-2/reject/" data-act="reject"', page)


def test_a_decided_row_says_what_became_of_it_and_offers_nothing() -> None:
    outcome = "accepted by M. Bell, 10:42"
    page = queue_of(samples.row("export-5", "CCO-017", "Plates", money=None, hours=1, outcome=outcome))

    row = page[page.index('id="export-5"') : page.index("</tr>", page.index('id="export-5"'))]

    assert outcome in row
    assert "data-act" not in row


def test_a_failed_row_shows_what_the_erp_said() -> None:
    page = queue_of(*samples.failed_rows())

    assert "Period 2026-10 is closed for HALDEN-01." in page


@pytest.mark.capability("UI-06")
def test_an_empty_view_says_what_to_do_next() -> None:
    page = queue_of(empty=samples.nothing_waits())

    assert "Nothing waits for you." in page
    assert re.search(r'<a class="btn small" href="[^"]+">Exporting</a>', page)


def test_values_of_people_are_never_markup() -> None:
    row = samples.row("export-2", HOSTILE, HOSTILE, money=None, hours=1, project=HOSTILE, company=HOSTILE,
                      sender=Person(HOSTILE), messages=[HOSTILE],
                      decisions=[samples.accept("export-2", why_not=HOSTILE, whom_to_ask=[HOSTILE])])  # fmt: skip
    detail = samples.detail(title=HOSTILE, facts=[FieldRow(label=HOSTILE, value=HOSTILE, copy=True, note=HOSTILE)])
    page = queue_of(row) + rendered("approvals/detail.html", detail=detail)

    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") > 10
    assert 'alert(1)</script>"' not in page


@pytest.mark.parametrize("name", SAMPLES)
def test_every_page_is_well_formed_and_names_itself(name: str) -> None:
    page = SAMPLES[name](RequestFactory().get(f"/sample/{name}/")).content.decode()
    ids = re.findall(r'\sid="([^"]+)"', re.sub(r"<template.*?</template>", "", page, flags=re.S))

    assert len(ids) == len(set(ids)), sorted(one for one in ids if ids.count(one) > 1)
    assert re.search(r"<title>\S.+ · Halden Civil</title>", page)
    assert len(re.findall(r"<h1", page)) == 1
    assert '<html lang="en"' in page


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_needs_more_than_the_security_policy_allows(path: Path) -> None:
    source = path.read_text()

    assert not re.search(r"\sstyle=", source)
    assert not re.search(r"\son[a-z]+=", source)
    assert not re.search(r"<style|javascript:|\|safe|autoescape off", source)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source))
    # Cotton prints {{ attrs }} without escaping them.
    assert "{{ attrs" not in source


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_word_of_a_template_can_be_translated(path: Path) -> None:
    source = path.read_text()
    for hidden in UNTRANSLATED:
        source = re.sub(hidden, "", source, flags=re.S)

    left = {word for word in re.findall(r"[A-Za-z]{2,}", source)} - {"erpstaging", "SHA", "JSON"}

    assert left == set()


def test_every_icon_that_is_named_is_drawn() -> None:
    """In a template, for an act or a view, and for every kind of object."""
    sprite = (Path(settings.BASE_DIR) / "erpstaging/approvals/static/approvals/icons.svg").read_text()
    named = {name for path in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())}
    named |= {entity.icon for entity in ENTITIES.values()} | set(ACT_ICONS.values()) | set(VIEW_ICONS.values())

    assert named <= set(re.findall(r'<symbol id="i-([\w-]+)"', sprite))


def test_the_current_tab_is_never_folded_away() -> None:
    tabs = [TypeTab(label=f"A rather long name {number}", url="/", current=number == 8) for number in range(9)]

    folding = folded(tabs)

    assert folding["tabs"][-1].current
    assert len(folding["tabs"]) + len(folding["more"]) == 9


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, '<span class="muted">empty</span>'),
        ("", '<span class="muted">empty</span>'),
        (False, "No"),
        (12000, "12,000"),
        (samples.usd("5"), '5.00 <span class="muted">USD</span>'),
    ],
)
def test_a_value_is_written_for_a_reader(value: Any, text: str) -> None:
    assert shown(value) == text


def test_an_undo_shows_the_seconds_that_are_left() -> None:
    frame = samples.frame(toasts=[samples.accepted_toast()])
    page = rendered("approvals/queue.html", frame=frame, queue=Queue(title="Ready to export", rows=()))

    assert re.search(r'class="toast" role="status" data-seconds="[78]"', page)
    assert 'action="/acts/export-99/undo/"' in page


def test_selection_is_offered_only_where_something_can_be_done_with_it() -> None:
    row = samples.row("export-2", "INV-2207", "September", money=None, hours=1)
    accept_all = DecisionButton(act="bulk_accept", label="Accept", url="/")

    assert 'type="checkbox" name="row"' not in queue_of(row, bulk=())
    assert 'type="checkbox" name="row"' in queue_of(row, bulk=[accept_all])
