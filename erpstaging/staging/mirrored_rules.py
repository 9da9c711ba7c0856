"""What single kinds of mirrored objects have of their own: writes that are refused, and what a new one brings along."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import FALSE_WORDS, TRUE_WORDS
from erpstaging.companies.actors import Actor
from erpstaging.companies.models import Company
from erpstaging.core.errors import Invalid
from erpstaging.records.figures import integrated
from erpstaging.records.models import Record
from erpstaging.staging.standard_codes import copy_standard_cost_codes

Refusing = Callable[[Company, Mapping[str, Any], Record | None], None]
Following = Callable[[Company, Sequence[Record], Actor], None]


def refuse_write(company: Company, entity: Entity, values: Mapping[str, Any], record: Record | None) -> None:
    """Raises Invalid when this kind of object may not be written like that. `record` is None for a new one."""
    rule = REFUSING.get(entity.item_type)
    if rule is not None:
        rule(company, values, record)


def after_create(company: Company, entity: Entity, records: Sequence[Record], actor: Actor) -> None:
    """Do what comes with new objects of the kind."""
    act = FOLLOWING.get(entity.item_type)
    if act is not None and records:
        act(company, records, actor)


def _refuse_cost_code(company: Company, values: Mapping[str, Any], record: Record | None) -> None:
    """On an ERP-integrated project the codes are the ERP's: only its sync writes them."""
    project_id = record.project_id if record is not None else values.get("project_id")
    project = Record.objects.of(company).filter(pk=project_id or 0, deleted_at=None).first()
    if project is not None and integrated(project):
        text = "The project is integrated with the ERP: its cost codes come from there, through sync."
        raise Invalid(text, code="locked", errors={"base": [text]}, origin_id=project.origin_id)


def _refuse_list(company: Company, values: Mapping[str, Any], record: Record | None) -> None:
    """A list becomes the ERP's and stays it; a company has one."""
    wanted = str(values.get("is_erp_list", "")).lower()
    is_erp_list = record is not None and record.data.get("is_erp_list") is True
    if is_erp_list and wanted in FALSE_WORDS | {"none"}:
        raise Invalid.field("is_erp_list", "can't be switched off")
    if wanted in TRUE_WORDS and not is_erp_list:
        lists = Record.objects.of(company).filter(item_type="standard_cost_code_list", deleted_at=None)
        standing = lists.filter(data__is_erp_list=True).order_by("pk").first()
        if standing is not None:
            raise Invalid.field("is_erp_list", f"{standing.title} ({standing.pk}) is the ERP list already")


def _refuse_foreign_contract(company: Company, values: Mapping[str, Any], record: Record | None) -> None:
    """A change order belongs to the project of its contract."""
    project_id = record.project_id if record is not None else values.get("project_id")
    name = "commitment_id" if "commitment_id" in values else "contract_id"
    contract = Record.objects.of(company).filter(pk=_id_of(values.get(name))).first()
    if contract is not None and contract.project_id != project_id:
        raise Invalid.field("contract_id", "belongs to another project")


def _id_of(value: Any) -> int:
    """Zero, which nothing has, for what is no id."""
    text = "" if isinstance(value, bool) else str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _copy_codes(company: Company, projects: Sequence[Record], actor: Actor) -> None:
    wanting = [one for one in projects if one.data.get("enable_copy_of_standard_cost_codes") is True]
    copy_standard_cost_codes(company, wanting, actor)


REFUSING: Mapping[str, Refusing] = {
    "cost_code": _refuse_cost_code,
    "standard_cost_code_list": _refuse_list,
    "commitment_change_order": _refuse_foreign_contract,
    "prime_contract_change_order": _refuse_foreign_contract,
}
FOLLOWING: Mapping[str, Following] = {"project": _copy_codes}
