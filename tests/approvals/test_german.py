"""German: every text of the pages and mails has a translation, pages and mails speak it, machines never hear it."""

import ast
import datetime as dt
import gettext
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from django.utils.translation.template import templatize

from erpstaging.approvals.catalogue_names import NAMES
from erpstaging.approvals.formats import amount_text, date_text
from erpstaging.approvals.naming import local, within
from erpstaging.approvals.showing.words import choice_word
from erpstaging.approvals.telling import SENTENCES, told
from erpstaging.audit.models import Entry
from erpstaging.catalogue.names import METADATA_NAMES
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company, User
from erpstaging.core.scope import company_scope
from erpstaging.staging.causes import ADVICE, NO_ANSWER
from erpstaging.staging.failing import Told
from tests.approvals.test_settings import Desk
from tests.fixtures.gate import Gate
from tests.notices.test_mails import CASES, html_part, written
from tests.notices.test_mails import NAMES as CASE_NAMES

ROOT = Path(settings.BASE_DIR)
FOLDER = ROOT / "erpstaging" / "locale" / "de" / "LC_MESSAGES"
# Pages for developers, and rooms that no page and no mail shows.
LEFT_OUT = re.compile(r"styleguide|/demo/|/migrations/|/management/")
GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext", "pgettext_lazy", "ngettext_lazy"}
IN_TEMPLATE = re.compile(r"\b(n?p?gettext)\((.+?)\)(?=\s|$)")
PLACE = re.compile(r"%\(\w+\)[sd]|%%|<[^>]+>")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# Words that a German page does not have; names of people and of what the demo's people wrote are not among them.
ENGLISH = re.compile(
    r"\b(Accept|Reject|Hold|Queue|Queues|Rows?|Undo|Sign (in|out)|Search|Ready to|Synced|Rejected|Waiting|Age|Amount|"
    r"Sender|Company|Settings|Colours|Language|Next step|Cost code|Vendor|Commitments?|Subcontracts?|Title|and|"
    r"the|with|your?|by|nothing|Lines|Checks|Facts|Timeline|Show|Open)\b"
)
TAGS = re.compile(r"<(script|style|svg|kbd).*?</\1>|<[^>]*>", re.DOTALL)

# What differs from answer to answer: ids, and figures that are counted.
UNIQUE = re.compile(r"[0-9a-f]{16,}|\b\d+(?:\.\d+)?\b|csp-nonce[^>]*")

Message = dict[str, str]


def read_po(path: Path) -> list[Message]:
    """The messages of a catalogue: their parts by keyword, such as `msgid` and `msgstr[0]`."""
    found: list[Message] = []
    part, fresh = "", True
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line:
            fresh = True
            continue
        texts = STRING.findall(line)
        if not line.startswith('"'):
            if fresh:
                found.append({})
                fresh = False
            part = line.split(" ", 1)[0]
            found[-1][part] = ""
        found[-1][part] += "".join(ast.literal_eval(text) for text in texts)
    return found


MESSAGES = read_po(FOLDER / "django.po")[1:]
KNOWN = {(one.get("msgctxt", ""), one["msgid"]) for one in MESSAGES}


def in_modules() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "erpstaging").rglob("*.py")):
        if LEFT_OUT.search(str(path)):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GETTEXT:
                texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                yield from _message(node.func.id, texts)


def in_templates() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if LEFT_OUT.search(str(path)):
            continue
        for word, arguments in IN_TEMPLATE.findall(templatize(path.read_text(encoding="utf-8"))):
            texts = [one.value for one in ast.walk(ast.parse(f"f({arguments})")) if isinstance(one, ast.Constant)]
            yield from _message(word, texts)


def _message(word: str, texts: list[Any]) -> Iterator[tuple[str, str]]:
    if "pgettext" in word and len(texts) > 1:
        yield texts[0], texts[1]
    elif texts:
        yield "", texts[0]


def names_of_the_catalogue() -> set[str]:
    with translation.override("en"):
        kinds = {text for one in ENTITIES.values() for text in (one.label, one.plural, one.listed_as)}
        fields = {field.label for one in ENTITIES.values() for field in one.fields}
        choices = {choice for one in ENTITIES.values() for field in one.fields for choice in field.choices}
        # A choice with colons is a type's name on the wire.
        return kinds | fields | {choice_word(one) for one in choices if ":" not in one} | set(METADATA_NAMES.values())


def patterns_in_services() -> set[str]:
    """Every text in the code, with a mark for each of its places."""
    found = set()
    for path in (ROOT / "erpstaging").rglob("*.py"):
        if LEFT_OUT.search(str(path)) or path.name == "telling.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.add("".join(str(one.value) if isinstance(one, ast.Constant) else "§" for one in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(re.sub(r"{\w*}", "§", node.value))
    return found


def words_on(page: str) -> str:
    return " ".join(TAGS.sub(" ", page.partition("<body")[2]).split())


def desk(company: Company, person: Actor, language: str = "de") -> Desk:
    User.objects.filter(pk=person.id).update(language=language)
    return Desk(company, person)


# The catalogue of texts


@pytest.mark.capability("UI-09")
def test_every_text_of_pages_and_mails_stands_in_the_german_catalogue() -> None:
    missing = {*in_modules(), *in_templates()} - KNOWN

    assert missing == set()
    assert len(MESSAGES) > 1500


@pytest.mark.capability("UI-09")
def test_every_message_is_translated_and_sure() -> None:
    assert "fuzzy" not in (FOLDER / "django.po").read_text(encoding="utf-8")
    empty = [one["msgid"] for one in MESSAGES for part, text in one.items() if part.startswith("msgstr") and not text]
    assert empty == []


@pytest.mark.capability("UI-09")
def test_a_translation_has_the_places_of_its_text() -> None:
    def places(texts: Iterable[str]) -> list[list[str]]:
        return [sorted(PLACE.findall(text)) for text in texts]

    wrong = []
    for one in MESSAGES:
        given = one.get("msgid_plural", one["msgid"])
        said = [text for part, text in one.items() if part.startswith("msgstr")]
        if any(found != sorted(PLACE.findall(given)) for found in places(said)):
            wrong.append(one["msgid"])
    assert wrong == []


@pytest.mark.capability("UI-09")
def test_the_compiled_catalogue_says_what_the_written_one_says() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    catalogue: dict[Any, str] = compiled._catalog  # type: ignore[attr-defined]

    expected: dict[Any, str] = {}
    for one in MESSAGES:
        key = f"{one['msgctxt']}\x04{one['msgid']}" if "msgctxt" in one else one["msgid"]
        if "msgid_plural" in one:
            expected |= {(key, 0): one["msgstr[0]"], (key, 1): one["msgstr[1]"]}
        else:
            expected[key] = one["msgstr"]
    assert {key: text for key, text in catalogue.items() if key} == expected


def test_the_names_listed_for_translators_are_those_of_the_catalogue() -> None:
    assert set(NAMES) == names_of_the_catalogue()


def test_a_sentence_that_pages_translate_is_one_that_a_service_says() -> None:
    said = patterns_in_services()

    stray = [one for one in SENTENCES if not _is_said(re.sub(r"%\(\w+\)s", "§", one), said)]

    assert stray == []


def _is_said(sentence: str, said: set[str]) -> bool:
    """Some are put together: `{what} is synced`, `Choose the {what}.`, `{why} Unlink it to delete it.`"""
    joined = ("is synced", "Choose the", "Unlink it to delete it.")
    if sentence in said or any(part in sentence for part in joined):
        return True
    return any(sentence == one.strip() for one in said)


# What pages say


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("UI-09")
def test_the_pages_of_a_german_approver_are_german(company: Company, gate: Gate, approver: Actor) -> None:
    export = gate.send()
    reader = desk(company, approver)

    pages = {
        "queue": reader.text("queue", query="?view=ready_to_export"),
        "detail": reader.text("export", export.pk),
        "checks": reader.text("export", export.pk, query="?tab=checks"),
        "lines": reader.text("export", export.pk, query="?tab=lines"),
        "mails": reader.text("mail_settings"),
        "mine": reader.text("dashboard"),
    }

    for name, page in pages.items():
        assert '<html lang="de"' in page, name
        assert [found[0] for found in ENGLISH.finditer(words_on(page))] == [], name
    assert "Freigeben" in pages["queue"]
    assert "Nachunternehmervertrag" in pages["detail"]
    assert "885.900,00" in pages["queue"]
    # What scripts add up is no text.
    assert re.search(r'data-amount="885900(\.0+)?"', pages["queue"])


@pytest.mark.django_db
@pytest.mark.capability("UI-09")
@pytest.mark.parametrize(
    ("asked", "lang"), [("de-AT,de;q=0.9,en;q=0.5", "de"), ("fr, en;q=0.3", "en"), ("", "en"), ("\x00;;q=x", "en")]
)
def test_the_sign_in_page_speaks_what_the_browser_asks_for(client: Client, asked: str, lang: str) -> None:
    answer = client.get("/accounts/login/", headers={"accept-language": asked})

    page = answer.content.decode()
    assert f'<html lang="{lang}"' in page
    assert ("Anmelden" in page) is (lang == "de")
    assert ("Sign in" in page) is (lang == "en")
    assert answer["Content-Language"] == lang
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("UI-09")
def test_what_a_person_chose_stands_above_his_browser(company: Company, approver: Actor) -> None:
    reader = desk(company, approver, "")
    page = {"accept-language": "de"}

    def lang() -> str:
        found = re.search(r'<html lang="(\w+)"', reader.client.get(reader.url("queue"), headers=page).content.decode())
        return found[1] if found else ""

    assert lang() == "de"
    answer = reader.client.post("/accounts/language/", {"language": "en", "next": "/c/7/queue/"})
    assert answer["Location"] == "/c/7/queue/"
    assert lang() == "en"
    reader.client.post("/accounts/language/", {"language": "xx"})
    reader.client.post("/accounts/language/", {"language": '"><script>'})
    assert User.objects.get(pk=approver.id).language == "en"
    reader.client.post("/accounts/language/", {"language": ""})
    assert lang() == "de"
    assert reader.client.get("/accounts/language/").status_code == 405


@pytest.mark.capability("UI-09")
def test_amounts_and_dates_follow_the_language() -> None:
    with translation.override("de"):
        assert amount_text(Decimal(1284500), "EUR") == "1.284.500,00"
        assert amount_text(Decimal("12.5"), "JPY") == "12,5"
        assert date_text(dt.date(2026, 11, 8)) == "8. Nov 2026"
    with translation.override("en"):
        assert amount_text(Decimal(1284500), "EUR") == "1,284,500.00"


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("UI-09")
def test_a_refusal_is_told_in_german_and_stored_in_english(company: Company, gate: Gate, approver: Actor) -> None:
    export = gate.send()
    gate.accept(export)
    reader = desk(company, approver)

    page = reader.client.post(
        reader.url("reject_export", export.pk), {"version": export.version, "reason": "no"}, follow=True
    ).content.decode()

    assert "braucht mindestens 3 Zeichen" in page or "inzwischen" in page
    with company_scope(company.pk):
        stored = str(list(Entry.objects.of(company).values_list("after", "before")))
    assert not re.search("inzwischen|Zeichen|abgelehnt|freigegeben", stored)


def test_sentences_of_services_are_told_with_their_places() -> None:
    with translation.override("de"):
        assert told("needs at least 3 characters") == "braucht mindestens 3 Zeichen"
        assert told("Linked to origin ID V-1. Unlink it to delete it.").startswith("Verknüpft mit der ERP-Kennung V-1.")
        assert told("The ERP says: no % of this") == "The ERP says: no % of this"
        assert told("Status is approved or Complete") == "Status ist Genehmigt, Abgeschlossen"
        assert told("") == ""
        assert (local("Cost code"), within("Vendor")) == ("Kostenstelle", "Kreditor")
        assert local("The company's own word") == "The company's own word"
    with translation.override("en"):
        assert told("needs at least 3 characters") == "needs at least 3 characters"
        assert (local("Cost code"), within("Vendor")) == ("Cost code", "vendor")


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("UI-09")
def test_a_file_is_german_to_its_last_row(company: Company, gate: Gate, approver: Actor) -> None:
    gate.send()
    reader = desk(company, approver)

    answer = reader.get("queue_file", query="?view=ready_to_export")

    head, row, *_rest = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert "Währung" in head
    assert row.startswith("Exportbereit,")


# What machines hear


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("UI-09")
@pytest.mark.parametrize(
    "path", ["/rest/v1.0/companies", "/api/v1/nowhere", "/oauth/nowhere", "/api/docs/", "/healthz", "/rest", "/metrics"]
)
def test_machines_are_answered_in_english(client: Client, path: str) -> None:
    plain = client.get(path)

    german = client.get(path, headers={"accept-language": "de"})

    def said(answer: Any) -> str:
        return UNIQUE.sub("#", answer.content.decode())

    assert german.status_code == plain.status_code
    assert said(german) == said(plain)
    assert german.headers.get("Content-Language") is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("UI-09")
def test_the_rest_for_people_refuses_in_english(company: Company, gate: Gate, approver: Actor) -> None:
    export = gate.send()
    reader = desk(company, approver)
    path = f"/api/v1/companies/{company.pk}/exports/{export.pk}"

    shown = reader.client.get(path, headers={"accept-language": "de"}).json()
    refused = reader.client.post(
        f"{path}/reject", {"reason": "n", "version": 1}, "application/json", headers={"accept-language": "de"}
    )

    assert "is synced" in str(shown)
    assert refused.status_code >= 400
    assert not re.search("Zeichen|inzwischen|abgeglichen|Nachunternehmer", f"{shown}{refused.content.decode()}")


@pytest.mark.capability("UI-09")
def test_what_a_failure_leaves_behind_is_english_whoever_acted() -> None:
    with translation.override("de"):
        context = Told(NO_ANSWER, "nobody answered", 1, frozenset()).context()

    with translation.override("en"):
        assert context["explanation"] == str(ADVICE[NO_ANSWER].explanation)
        assert context["next_step"] == str(ADVICE[NO_ANSWER].next_step)


# Mails


@pytest.mark.capability("UI-09", "UI-08")
@pytest.mark.parametrize(("kind", "context"), CASES, ids=CASE_NAMES)
def test_a_mail_speaks_its_readers_language(kind: str, context: dict[str, Any]) -> None:
    english, german = written(kind, context), written(kind, context, language="de")

    assert '<html lang="en"' in html_part(english)
    assert '<html lang="de"' in html_part(german)
    said = "".join(value for value in re.findall(r"[^\n]+\n", str(german.body)))
    own = re.compile("|".join(re.escape(str(one)) for one in ("Ten per cent", "Steel", "Wrong retainage", "by)s")))
    assert [found[0] for found in ENGLISH.finditer(own.sub("", said))] == []
    assert german.body != english.body
    if kind == "daily_summary":
        assert "1.284.500,00 USD" in str(german.body)
        assert "Verträge" in str(german.body)
        assert "1,284,500.00 USD" in str(english.body)
