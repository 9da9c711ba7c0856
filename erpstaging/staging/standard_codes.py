"""Cost codes that a new project gets from the company's standard ones."""

from collections.abc import Sequence

from erpstaging.catalogue.registry import ENTITIES
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.connections.services import connection_of
from erpstaging.outbox.models import EventType
from erpstaging.records.models import Record
from erpstaging.records.telling import Change, tell
from erpstaging.records.writes import insert_records, new_record

COPIED = ("name", "code", "full_code", "sortable_code")


def copy_standard_cost_codes(company: Company, projects: Sequence[Record], actor: Actor) -> None:
    """Give each project the codes of its list, else of the ERP's; a round of statements per level of the tree."""
    if not projects:
        return
    connection = connection_of(company.pk)
    lists = {one.pk: one.data.get("standard_cost_code_list_id") or _list_of(connection) for one in projects}
    codes = list(
        Record.objects.of(company)
        .filter(
            item_type="standard_cost_code", deleted_at=None, data__standard_cost_code_list_id__in=set(lists.values())
        )
        .order_by("number", "pk")
    )
    copies: dict[tuple[int, int], Record] = {}
    level = [code for code in codes if not code.data.get("parent_id")]
    while level:
        made = [
            _copy(company, project, code, copies.get((project.pk, code.data.get("parent_id") or 0)), actor)
            for project in projects
            for code in level
            if code.data["standard_cost_code_list_id"] == lists[project.pk]
        ]
        insert_records(made)
        tell(company.pk, actor, [Change(one, EventType.CREATE, None, one.data) for one in made])
        copies |= {(one.project_id or 0, one.data["standard_cost_code_id"]): one for one in made}
        above = {code.pk for code in level}
        level = [code for code in codes if code.data.get("parent_id") in above]


def _list_of(connection: object) -> int | None:
    found: int | None = getattr(connection, "cost_code_list_id", None)
    return found


def _copy(company: Company, project: Record, code: Record, parent: Record | None, actor: Actor) -> Record:
    data = {
        **{name: code.data.get(name) for name in COPIED},
        "project_id": project.pk,
        "parent_id": parent.pk if parent is not None else None,
        "standard_cost_code_id": code.pk,
    }
    return new_record(company.pk, ENTITIES["cost_code"], data, actor, currency=project.currency)
