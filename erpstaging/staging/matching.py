"""Which vendors a staged vendor may be: the likely ones among a hundred thousand, each with a score and its reasons.

The database writes out what vendors are found by (records/migrations/0003): the name without accents, punctuation and
words such as "Inc", the tax ID, the e-mail address, the end of the phone number, postcode and house number. A staged
row is compared with those that share one of them, and with its neighbours in the order of names, so the work stays the
same however many vendors there are.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

from django.db import connection

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.models import Company
from erpstaging.staging.models import StagedRecord, StagedStatus

KEYS = ("name", "tax", "mail", "phone", "place")
NEAREST, SHARING = 40, 20
LIKELY = 30  # per cent; what scores less is no match
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Known:
    """What is compared of one vendor: its name and place as written, and the keys that the database worked out."""

    title: str
    city: str = ""
    postcode: str = ""
    keys: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a vendor is likely, or not: `kind` for machines, `text` for people. `strong` ones hardly ever mislead."""

    kind: str
    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A vendor that may be the staged one. `closed` says why it cannot be linked, such as another origin ID."""

    record_id: int
    version: int
    title: str
    city: str
    percent: int
    reasons: tuple[Reason, ...]
    made_by: str
    made_in: int
    data: Mapping[str, Any]
    origin_id: str | None = None
    origin_code: str | None = None
    closed: str = ""

    @property
    def is_exact(self) -> bool:
        """Good enough to be linked together with others: the same tax ID, or the very same name and no other doubt."""
        kinds = {reason.kind for reason in self.reasons}
        return not self.closed and bool(kinds & {"tax_id", "same_name"}) and "other_tax_id" not in kinds


def score(staged: Known, vendor: Known) -> tuple[int, tuple[Reason, ...]]:
    """How likely two vendors are the same, in per cent, and why.

    Each piece of evidence takes its share of the doubt that the others left; a different tax ID brings half of it back.
    """
    found = list(_evidence(staged, vendor))
    doubt = 1.0
    for weight, _ in found:
        doubt *= 1 - weight
    likely = 1 - doubt
    reasons = [reason for _, reason in found]
    if _both(staged, vendor, "tax") and staged.keys["tax"] != vendor.keys["tax"]:
        likely /= 2
        reasons.append(Reason("other_tax_id", "different tax ID"))
    return min(round(likely * 100), 100), tuple(sorted(reasons, key=lambda one: not one.strong))


def _evidence(staged: Known, vendor: Known) -> Iterable[tuple[float, Reason]]:
    if _same(staged, vendor, "tax"):
        yield 0.9, Reason("tax_id", "same tax ID", strong=True)
    yield from _name_evidence(staged, vendor)
    if _same(staged, vendor, "mail"):
        yield 0.6, Reason("email", "same e-mail address", strong=True)
    if _same(staged, vendor, "phone"):
        yield 0.5, Reason("phone", "same phone number")
    if _same(staged, vendor, "place"):
        yield 0.45, Reason("address", "same postcode and house number")
    elif staged.postcode and _plain(staged.postcode) == _plain(vendor.postcode):
        yield 0.15, Reason("postcode", "same postcode")
    elif staged.city and _plain(staged.city) == _plain(vendor.city):
        yield 0.08, Reason("city", "same city")


def _name_evidence(staged: Known, vendor: Known) -> Iterable[tuple[float, Reason]]:
    if _plain(staged.title) == _plain(vendor.title):
        yield 0.92, Reason("same_name", "same name", strong=True)
        return
    likeness = alike(staged.keys.get("name") or "", vendor.keys.get("name") or "")
    if likeness == 1:
        yield 0.88, Reason("same_name", "same name but for its form", strong=True)
    elif likeness > 0.5:
        yield (likeness - 0.5) * 1.6, Reason("name", f"name {round(likeness * 100)} %")


def alike(one: str, other: str) -> float:
    """0 to 1: as written or with the words in order, whichever is closer."""
    if not one or not other:
        return 0.0
    straight = SequenceMatcher(None, one, other, autojunk=False).ratio()
    in_order = SequenceMatcher(None, " ".join(sorted(one.split())), " ".join(sorted(other.split())), autojunk=False)
    return max(straight, in_order.ratio())


def _same(staged: Known, vendor: Known, key: str) -> bool:
    return _both(staged, vendor, key) and staged.keys[key] == vendor.keys[key]


def _both(staged: Known, vendor: Known, key: str) -> bool:
    return bool(staged.keys.get(key) and vendor.keys.get(key))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def can_be_linked(row: StagedRecord) -> bool:
    """Whether a staged row is of a kind that is linked, and still waits for its decision."""
    return bool(ENTITIES[row.item_type].supports.linked) and row.status == StagedStatus.STAGED


def candidates(company: Company, row: StagedRecord, *, limit: int = SHOWN) -> list[Candidate]:
    """The likely ones for one staged row, best first, those that cannot be linked last."""
    return candidates_of(company, [row], nearest=NEAREST)[row.pk][:limit]


def candidates_of(company: Company, rows: Sequence[StagedRecord], *, nearest: int = 8) -> dict[int, list[Candidate]]:
    """The likely ones for many staged rows, with one query; `nearest` is how far to look among the names."""
    found: dict[int, list[Candidate]] = {row.pk: [] for row in rows}
    for staged_id, staged, vendor, candidate in _rows(company.pk, [row for row in rows if can_be_linked(row)], nearest):
        percent, reasons = score(staged, vendor)
        if percent >= LIKELY:
            found[staged_id].append(_scored(candidate, percent, reasons))
    for likely in found.values():
        likely.sort(key=lambda one: (bool(one.closed), -one.percent, one.record_id))
    return found


def search_vendors(company: Company, row: StagedRecord, text: str, *, limit: int = 10) -> list[Candidate]:
    """Vendors with this text in their name, each with how likely it is the staged one."""
    escaped = re.sub(r"([\\%_])", r"\\\1", text)
    found = _rows(company.pk, [row], limit, _query(_WITH_TITLE), pattern=f"%{escaped}%")
    return sorted((_judged(*one) for one in found), key=lambda one: (bool(one.closed), -one.percent, one.record_id))


def candidate_of(company: Company, row: StagedRecord, record_id: int) -> Candidate | None:
    """One vendor by its id, with how likely it is the staged one; None when there is no such vendor."""
    found = _rows(company.pk, [row], 1, _query(_BY_ID), record=record_id)
    return next((_judged(*one) for one in found), None)


def _judged(_: int, staged: Known, vendor: Known, candidate: Candidate) -> Candidate:
    return _scored(candidate, *score(staged, vendor))


_KEYS_OF_ROW = ", ".join(f'records_match_{key}(row.data) COLLATE "C" AS {key}' for key in KEYS)
_STANDING = "records_record WHERE company_id = %(company)s AND deleted_at IS NULL AND item_type = 'vendor'"
_SHARED = " UNION ".join(
    f"(SELECT id FROM {_STANDING} AND match_{key} = key.{key} ORDER BY id LIMIT %(sharing)s)"  # noqa: S608
    for key in KEYS
)
_LIKELY = f"""
        (SELECT id FROM {_STANDING} AND match_name >= key.name ORDER BY match_name, id LIMIT %(nearest)s)
        UNION
        (SELECT id FROM {_STANDING} AND match_name < key.name ORDER BY match_name DESC, id DESC LIMIT %(nearest)s)
        UNION {_SHARED}
"""  # noqa: S608 - the names are ours
_WITH_TITLE = f"SELECT id FROM {_STANDING} AND title ILIKE %(pattern)s ORDER BY title, id LIMIT %(nearest)s"  # noqa: S608
_BY_ID = f"SELECT id FROM {_STANDING} AND id = %(record)s"  # noqa: S608


def _query(found: str) -> str:
    """Each staged row beside each vendor that `found` names for it."""
    return f"""
    WITH staged AS MATERIALIZED (
        SELECT row.id, row.data, {_KEYS_OF_ROW} FROM staging_stagedrecord row
        WHERE row.company_id = %(company)s AND row.id = ANY(%(ids)s)
    )
    SELECT key.id, key.data, key.name, key.tax, key.mail, key.phone, key.place,
        record.id, record.version, record.title, record.data, record.origin_id, record.origin_code, record.lock,
        record.created_by_name, record.created_at,
        record.match_name, record.match_tax, record.match_mail, record.match_phone, record.match_place
    FROM staged key
    CROSS JOIN LATERAL ({found}) AS found
    JOIN records_record record ON record.id = found.id AND record.company_id = %(company)s
"""  # noqa: S608 - the names are ours


LIKELY_ONES = _query(_LIKELY)


def _rows(
    company_id: int, rows: Sequence[StagedRecord], nearest: int, statement: str = LIKELY_ONES, **more: Any
) -> Iterable[tuple[int, Known, Known, Candidate]]:
    if not rows:
        return
    asked: dict[str, Any] = {"company": company_id, "nearest": nearest, "sharing": SHARING, **more}
    with connection.cursor() as cursor:
        cursor.execute(statement, {**asked, "ids": [row.pk for row in rows]})
        for values in cursor.fetchall():
            staged_id, staged_data, staged_keys, rest = values[0], _json(values[1]), values[2:7], values[7:]
            record_id, version, title, data, origin_id, origin_code, lock, made_by, made_at = rest[:9]
            vendor_data = _json(data)
            candidate = Candidate(
                record_id=record_id,
                version=version,
                title=title,
                city=str(vendor_data.get("city") or ""),
                percent=0,
                reasons=(),
                made_by=made_by,
                made_in=made_at.year,
                data=vendor_data,
                origin_id=origin_id,
                origin_code=origin_code,
                closed=why_closed(origin_id, lock, vendor_data),
            )
            yield staged_id, _known(staged_data, staged_keys), _known(vendor_data, rest[9:]), candidate


def why_closed(origin_id: str | None, lock: str, data: Mapping[str, Any]) -> str:
    """Why nothing can be linked to a vendor; empty when it can."""
    if origin_id is not None:
        return f"already linked, origin ID {origin_id}"
    if lock != "none":
        return "at the gate itself"
    if data.get("is_active") is False:
        return "not active"
    return ""


def _known(data: Mapping[str, Any], keys: Sequence[str | None]) -> Known:
    name, city, postcode = (str(data.get(field) or "") for field in ("name", "city", "zip"))
    return Known(name, city, postcode, dict(zip(KEYS, keys, strict=True)))


def _json(value: Any) -> dict[str, Any]:

    return json.loads(value) if isinstance(value, str) else dict(value)


def _scored(candidate: Candidate, percent: int, reasons: tuple[Reason, ...]) -> Candidate:

    return replace(candidate, percent=percent, reasons=reasons)
