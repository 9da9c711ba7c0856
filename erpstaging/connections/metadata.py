"""Reading a company's metadata document: which entities are on, what each allows, which rules run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from erpstaging.catalogue.entity import Entity
from erpstaging.catalogue.fields import Field
from erpstaging.catalogue.registry import ENTITIES
from erpstaging.connections.erp_settings import ErpSettings
from erpstaging.connections.validation import Around, Rule, failures, fits_mask, rules_of
from erpstaging.core.errors import Invalid, NotFound

NO_SETTINGS = ErpSettings()
# The display code, typed at export.
CODE_NAMES = ("code", "origin_code")
# The tick in the ERP settings that offers an object's own number as its code, which is the switch in the document too.
NUMBER_TICKS = {
    "commitments": "procore_contract_number",
    "commitment_change_orders": "procore_change_order_number",
}


def _on(switch: Any, *, default: bool = False) -> bool:
    """Every switch is an object with `enabled`; a missing one is off."""
    return switch.get("enabled", default) is True if isinstance(switch, Mapping) else False


def _at(tree: Any, *path: str) -> Mapping[str, Any]:
    for step in path:
        tree = tree.get(step) if isinstance(tree, Mapping) else None
    return tree if isinstance(tree, Mapping) else {}


@dataclass(frozen=True, slots=True)
class Input:
    """One thing the approver types at Accept."""

    key: str
    label: str
    kind: str
    rules: tuple[Rule, ...]
    # Offered as the object's own number; otherwise only as the code that the object carries.
    from_number: bool = False

    def offered(self, node: Mapping[str, Any]) -> str:
        """What stands in the input before anybody types."""
        if self.key != "code":
            return ""
        return str(node.get("origin_code") or (node.get("number") if self.from_number else "") or "")


@dataclass(frozen=True, slots=True)
class EntityRules:
    """What the document says of one entity, with the ERP settings beside it. `settings` is its own part of it."""

    name: str
    settings: Mapping[str, Any]
    code_label: str
    erp: ErpSettings = NO_SETTINGS

    @property
    def enabled(self) -> bool:
        return _on(self.settings)

    def config(self, name: str) -> bool:
        return _on(_at(self.settings, "configs").get(name))

    @property
    def may_import(self) -> bool:
        return self.enabled and self.config("import")

    @property
    def may_export(self) -> bool:
        """A new object: the switch, and `create` below it, which counts as on where it is missing."""
        export = _at(self.settings, "configs", "export")
        return self.enabled and _on(export) and _on(export.get("create", {"enabled": True}))

    @property
    def may_update(self) -> bool:
        """A linked object once more; vendors never, whatever the document says."""
        export = _at(self.settings, "configs", "export")
        return self.enabled and self.name != "vendors" and (_on(export.get("update")) or self.config("update"))

    @property
    def may_unlink(self) -> bool:
        return self.enabled and self.config("unlink")

    @property
    def shows_tab(self) -> bool:
        return self.enabled and _on(_at(self.settings, "tab"))

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The columns that the entity's lists have besides the usual ones: (field, header)."""
        columns = _at(self.settings, "tab", "columns")
        return tuple(
            (name, str(_at(columns, name).get("text") or (self.code_label if name in CODE_NAMES else "")))
            for name in columns
            if _on(columns[name])
        )

    @property
    def warning(self) -> str | None:
        message = _at(self.settings, "rules", "export", "warning_message")
        return str(message.get("message") or "") if _on(message) else None

    # Checks

    def rules(self, moment: str) -> dict[str, tuple[Rule, ...]]:
        """The checks of one moment, "save" or "export", by field."""
        fields = _at(self.settings, "rules", moment, "fields")
        return {name: rules_of(declared) for name, declared in fields.items() if isinstance(declared, Mapping)}

    def save_failures(
        self, values: Mapping[str, Any], labels: Mapping[str, str], divisions: Iterable[int] = ()
    ) -> dict[str, list[str]]:
        """The display code is typed at export: a rule for it says nothing about what is saved."""
        rules = {name: rule for name, rule in self.rules("save").items() if name not in CODE_NAMES or name in labels}
        return failures(rules, values, labels, self.around(divisions))

    def export_failures(
        self, values: Mapping[str, Any], labels: Mapping[str, str], divisions: Iterable[int] = ()
    ) -> dict[str, list[str]]:
        return failures(self.rules("export"), values, labels, self.around(divisions))

    def around(self, divisions: Iterable[int] = ()) -> Around:
        return Around(self.erp.job_code_format if self.asks_job_code_format else "", frozenset(divisions))

    @property
    def looks_for_divisions(self) -> bool:
        checks = [rule for moment in ("save", "export") for rules in self.rules(moment).values() for rule in rules]
        return any(rule.name == "disallow_division" for rule in checks)

    # What is typed at Accept

    def code_input(self) -> Input | None:
        """The display code, typed at Accept unless the document hides it; `code` and `origin_code` mean the same.

        Where the object's own number may become its code, it is offered when the ERP settings say so; otherwise
        somebody has to type one.
        """
        fields = _at(self.settings, "rules", "export", "fields")
        declared = fields.get("code", fields.get("origin_code"))
        if isinstance(declared, Mapping) and declared.get("enabled") is False:
            return None
        rules = rules_of(declared) if isinstance(declared, Mapping) else ()
        tick = NUMBER_TICKS.get(self.name, "")
        if not self.config(tick):
            return Input("code", self.code_label, "string", rules) if isinstance(declared, Mapping) else None
        if self.erp.ticked(tick):
            return Input("code", self.code_label, "string", rules, from_number=True)
        typed = rules if any(rule.name == "present" for rule in rules) else (Rule("present", None, ""), *rules)
        return Input("code", self.code_label, "string", typed)

    def custom_inputs(self) -> tuple[Input, ...]:
        custom = _at(self.settings, "configs", "export").get("custom_fields") or ()
        inputs = tuple(
            Input(
                key=str(one["key"]),
                label=str(one.get("label") or one["key"]),
                kind="date" if one.get("type") == "date" else "string",
                rules=rules_of(_at(one, "rules")),
            )
            for one in custom
        )
        if self.config("accounting_date") and all(one.key != "accounting_date" for one in inputs):
            return (*inputs, Input("accounting_date", "Accounting date", "date", ()))
        return inputs

    # Special configurations (metadata, section 6)

    @property
    def takes_staged_records(self) -> bool:
        return self.config("staged_records")

    @property
    def asks_job_code_format(self) -> bool:
        """Jobs: the ERP settings have a job code format."""
        return self.config("job_id_format")

    @property
    def keeps_assignments(self) -> bool:
        """Jobs and sub jobs: pairs of cost code and cost type are kept and exported."""
        return self.config("category_assignments")

    @property
    def may_delete_assignments(self) -> bool:
        """Jobs and sub jobs: people may ask the integrator to delete linked assignments."""
        return self.config("cost_type_assignment_deletions")

    @property
    def may_delete_cost_codes(self) -> bool:
        """Jobs and sub jobs: people may ask the integrator to delete linked cost codes."""
        return self.config("cost_code_deletions")

    @property
    def may_include_forecasts(self) -> bool:
        """Budgets: people may include forecast amounts; whether they do stands in the ERP settings."""
        return _on(_at(self.settings, "configs", "export").get("forecast_amounts"))

    @property
    def exports_forecasts(self) -> bool:
        return self.may_include_forecasts and self.erp.ticked("include_forecast_amounts")

    @property
    def exports_sub_jobs(self) -> bool:
        """Budgets: one with lines on sub jobs may be sent."""
        return self.config("sub_job_export")

    @property
    def exports_revised_estimates(self) -> bool:
        """Budgets: revised estimates leave along, and unsent ones hold nothing up."""
        return self.config("revised_estimates_export")

    @property
    def allows_duplicate_codes(self) -> bool:
        """Commitments: a code may stand on several."""
        return self.config("allow_duplicate_codes")

    @property
    def wants_one_category(self) -> bool:
        """Commitment change orders: all lines of one have the same cost type."""
        return self.config("line_items_require_single_category")

    @property
    def minimum_sync_version(self) -> str:
        """Payments: the lowest sync version that may import; empty for any."""
        return str(_at(self.settings, "configs", "import").get("minimum_sync_version") or "")

    @property
    def contract_item_format(self) -> str:
        """Prime contracts: the mask of a line's code, where lines are checked against it; else empty."""
        mask = _at(self.settings, "configs", "contract_item_format").get("text")
        return str(mask or "") if self.config("prime_contract_line_item_format") else ""

    @property
    def contract_item_delimiter(self) -> str:
        return str(_at(self.settings, "configs", "contract_item_delimiter").get("text") or "")

    def fits_contract_item(self, code: str) -> bool:
        """Whether a line's code has the form of the mask; the mask may leave the delimiters out."""
        mask, delimiter = self.contract_item_format, self.contract_item_delimiter
        if delimiter and delimiter not in mask:
            code = code.replace(delimiter, "")
        return not mask or fits_mask(code, mask, only_x=True)

    @property
    def exports_estimate_markup(self) -> bool:
        """Prime contract change orders: estimate markups may leave along."""
        return self.config("export_estimate_markup")


class Metadata:
    """A company's document, or the absence of one; with the ERP settings and the company's own fields."""

    def __init__(
        self,
        document: Mapping[str, Any] | None,
        erp: ErpSettings | None = None,
        custom: Mapping[str, Sequence[Field]] | None = None,
    ) -> None:
        self.document = document
        self.settings = _at(document, "settings") or (document or {})
        self.erp = erp or ErpSettings()
        self.custom = custom or {}

    def entity(self, entity: Entity) -> Entity:
        """The kind of object as this company has it: with its own fields and its own lock lists."""
        own = self.custom.get(entity.item_type)
        locked = self.erp.locked_types
        if own:
            entity = entity.with_custom(own)
        if not locked & {entity.item_type, *entity.parents}:
            return entity
        parents = {one: self.erp.lock_of(ENTITIES[one]) for one in entity.parents if one in locked}
        return replace(entity, lock=self.erp.lock_of(entity), parent_locks=parents)

    @property
    def missing(self) -> bool:
        return self.document is None

    @property
    def erp_name(self) -> str:
        return str(_at(self.settings, "labels").get("name") or "ERP")

    @property
    def short_name(self) -> str:
        return str(_at(self.settings, "labels").get("short_name") or self.erp_name)

    @property
    def id_name(self) -> str:
        return str(_at(self.settings, "labels").get("id_name") or "Code")

    @property
    def code_delimiter(self) -> str:
        given = _at(self.settings, "configurations", "settings").get("cost_codes_segment_delimiter")
        return str(given) if given else "-"

    @property
    def allows_custom_segments(self) -> bool:
        """Whether people may define further segments of cost codes."""
        return _on(_at(self.settings, "configurations", "features").get("custom_wbs_segments"))

    @property
    def imports_payments(self) -> bool:
        """Under its own name, or the older one with the invoices."""
        return self.rules("contract_payments").may_import or (
            self.rules("requisitions").enabled and self.rules("requisitions").config("sync_payments")
        )

    def rules(self, name: str) -> EntityRules:
        settings = _at(self.settings, "entities", name)
        columns = _at(settings, "tab", "columns")
        texts = (_at(columns, column).get("text") for column in CODE_NAMES)
        return EntityRules(name, settings, str(next(filter(None, texts), self.id_name)), self.erp)

    def of(self, entity: Entity) -> EntityRules | None:
        """The entity's rules; None for one that no document ever switches."""
        return self.rules(entity.metadata_name) if entity.metadata_name else None

    def is_on(self, entity: Entity) -> bool:
        """Without a document everything can be staged; with one, what it does not switch on is off."""
        rules = self.of(entity)
        if rules is None or self.missing:
            return True
        if entity.is_child and not rules.settings:
            return True  # lines follow their parent unless the document speaks of them
        if entity.older_switch and self.rules(entity.older_switch[0]).config(entity.older_switch[1]):
            return True
        return rules.enabled

    def require_on(self, entity: Entity) -> None:
        """Raises Invalid on the shared routes, naming `item_type`."""
        if not self.is_on(entity):
            raise Invalid.field("item_type", f"{entity.plural} are switched off for this company.", code="entity_off")

    def require_route(self, entity: Entity) -> None:
        """Raises NotFound on the entity's own routes."""
        if not self.is_on(entity):
            raise NotFound()

    def tabs(self, candidates: Iterable[Entity]) -> list[Entity]:
        if self.missing:
            return [entity for entity in candidates if not entity.is_child]
        return [one for one in candidates if not one.is_child and (rules := self.of(one)) and rules.shows_tab]
