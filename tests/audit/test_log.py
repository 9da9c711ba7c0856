"""What an entry says can be checked against its digest for as long as it is kept."""

from decimal import Decimal

import pytest

from erpstaging.audit import log
from erpstaging.audit.models import Entry
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, None),
        ({"title": "Steel", "amount": Decimal("885900.00")}, {"title": "Stahl, März", "lines": [1, None, True]}),
    ],
)
def test_the_digest_follows_from_what_is_stored(
    company: Company, approver: Actor, before: dict | None, after: dict | None
) -> None:
    log.record(company.pk, approver, [log.Act("record.updated", "record", 7, record_id=7, before=before, after=after)])

    entry = Entry.objects.of(company).get(action="record.updated")

    assert len(entry.digest) == 32
    assert bytes(entry.digest) == log.digest({name: getattr(entry, name) for name in log.SAID})


def test_every_value_is_in_the_digest(company: Company, approver: Actor) -> None:
    said = dict.fromkeys(log.SAID)
    seen = {log.digest({**said, name: "changed"}) for name in log.SAID}
    assert len(seen | {log.digest(said)}) == len(log.SAID) + 1
