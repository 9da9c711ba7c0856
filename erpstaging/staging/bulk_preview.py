"""What a decision on many rows would do, told before it is made. Nothing is written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.metadata import Metadata
from erpstaging.connections.rules import Input
from erpstaging.connections.services import metadata_of
from erpstaging.core.errors import Refused
from erpstaging.staging.bulk import OfType, Selection, act_of, chosen_rows, sums_by_type
from erpstaging.staging.bulk_acts import Pairs
from erpstaging.staging.decisions import require_metadata
from erpstaging.staging.models import StagedExport

CODE, CONFIRM = "code", "confirm"


@dataclass(frozen=True, slots=True)
class Preview:
    """`pairs` are the rows as they stand now: what is decided on afterwards is these and no others.

    `refusals` are why a row could not be decided, by its id; of acts that cannot be tried there are none. `wanting` are
    the rows that lack nothing but what is typed once for all. `inputs` says how many rows each input is for.
    """

    pairs: Pairs
    kind: str
    types: Mapping[str, OfType]
    tried: bool
    refusals: Mapping[int, Refused]
    wanting: frozenset[int]
    inputs: Sequence[tuple[Input, int]]
    warnings: Sequence[str]
    senders: int

    @property
    def able(self) -> int:
        return len(self.pairs) - len(self.refusals)


def preview_bulk(company: Company, word: Any, chosen: Selection, *, actor: Actor, given: Mapping[str, Any]) -> Preview:
    """Raises what start_bulk raises."""
    act = act_of(word)
    act.refuse(actor)
    metadata = metadata_of(company.pk)
    if act.needs_metadata:
        require_metadata(company.pk, metadata)
    pairs = chosen_rows(company, act, chosen)
    ids = [row_id for row_id, _ in pairs]
    types = sums_by_type(company, act.kind, ids)
    inputs = _inputs(metadata, types) if word == "accept" else []
    found: dict[int, Refused] = {}
    if act.tried is not None:
        values = act.checked(given)
        for place in range(0, len(pairs), act.chunk):
            chunk = pairs[place : place + act.chunk]
            refusals = zip(chunk, act.tried(company, chunk, actor, values), strict=True)
            found |= {row_id: refusal for (row_id, _), refusal in refusals if refusal is not None}
    typed_once = {one.key for one, _ in inputs} | {CONFIRM}
    wanting = {row_id for row_id, refusal in found.items() if refusal.errors and refusal.errors.keys() <= typed_once}
    return Preview(
        pairs=pairs,
        kind=act.kind,
        types=types,
        tried=act.tried is not None,
        refusals={row_id: refusal for row_id, refusal in found.items() if row_id not in wanting},
        wanting=frozenset(wanting),
        inputs=inputs,
        warnings=_warnings(metadata, types) if word == "accept" else [],
        senders=_senders(company, ids) if act.kind == "export" else 0,
    )


def _senders(company: Company, ids: Sequence[int]) -> int:
    rows = StagedExport.objects.of(company).filter(pk__in=ids, sent_by_id__isnull=False)
    return int(rows.order_by().values("sent_by_id").distinct().count())


def _inputs(metadata: Metadata, types: Mapping[str, OfType]) -> list[tuple[Input, int]]:
    """What can be typed once for many rows: everything but the code, which no two of them share."""
    asked: dict[str, Input] = {}
    rows: Counter[str] = Counter()
    for item_type, of_type in types.items():
        rules = metadata.of(ENTITIES[item_type])
        for one in rules.custom_inputs() if rules is not None else ():
            asked.setdefault(one.key, one)
            rows[one.key] += of_type.rows
    return [(one, rows[key]) for key, one in asked.items()]


def _warnings(metadata: Metadata, types: Mapping[str, OfType]) -> list[str]:
    found = (metadata.of(ENTITIES[item_type]) for item_type in types)
    return list(dict.fromkeys(rules.warning for rules in found if rules is not None and rules.warning))
