"""What a company's metadata document says of one entity: switches, checks, inputs, special configurations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from erpstaging.connections.erp_settings import ErpSettings
from erpstaging.connections.validation import Around, Rule, failures, fits_mask, rules_of

NO_SETTINGS = ErpSettings()
# The display code, typed at export.
CODE_NAMES = ("code", "origin_code")
# The tick in the ERP settings that offers an object's own number as its code, which is the switch in the document too.
NUMBER_TICKS = {
    "commitments": "procore_contract_number",
    "commitment_change_orders": "procore_change_order_number",
}


def switched_on(switch: Any, *, default: bool = False) -> bool:
    """Every switch is an object with `enabled`; a missing one is off."""
    return switch.get("enabled", default) is True if isinstance(switch, Mapping) else False


def part_at(tree: Any, *path: str) -> Mapping[str, Any]:
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


@dataclass(frozen=True)
class EntityRules:
    """What the document says of one entity, with the ERP settings beside it. `settings` is its own part of it.

    What every row of a chunk is asked is worked out once.
    """

    name: str
    settings: Mapping[str, Any]
    code_label: str
    erp: ErpSettings = NO_SETTINGS

    @property
    def enabled(self) -> bool:
        return switched_on(self.settings)

    def config(self, name: str) -> bool:
        return switched_on(part_at(self.settings, "configs").get(name))

    @property
    def may_import(self) -> bool:
        return self.enabled and self.config("import")

    @property
    def may_export(self) -> bool:
        """A new object: the switch, and `create` below it, which counts as on where it is missing."""
        export = part_at(self.settings, "configs", "export")
        return self.enabled and switched_on(export) and switched_on(export.get("create", {"enabled": True}))

    @property
    def may_update(self) -> bool:
        """A linked object once more; vendors never, whatever the document says."""
        export = part_at(self.settings, "configs", "export")
        return self.enabled and self.name != "vendors" and (switched_on(export.get("update")) or self.config("update"))

    @property
    def may_unlink(self) -> bool:
        return self.enabled and self.config("unlink")

    @property
    def shows_tab(self) -> bool:
        return self.enabled and switched_on(part_at(self.settings, "tab"))

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The columns that the entity's lists have besides the usual ones: (field, header)."""
        columns = part_at(self.settings, "tab", "columns")
        return tuple(
            (name, str(part_at(columns, name).get("text") or (self.code_label if name in CODE_NAMES else "")))
            for name in columns
            if switched_on(columns[name])
        )

    @cached_property
    def warning(self) -> str | None:
        message = part_at(self.settings, "rules", "export", "warning_message")
        return str(message.get("message") or "") if switched_on(message) else None

    # Checks

    def rules(self, moment: str) -> Mapping[str, tuple[Rule, ...]]:
        """The checks of one moment, "save" or "export", by field."""
        return self._rules[moment]

    @cached_property
    def _rules(self) -> dict[str, dict[str, tuple[Rule, ...]]]:
        return {moment: self._rules_at(moment) for moment in ("save", "export")}

    def _rules_at(self, moment: str) -> dict[str, tuple[Rule, ...]]:
        fields = part_at(self.settings, "rules", moment, "fields")
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

    @cached_property
    def looks_for_divisions(self) -> bool:
        checks = [rule for moment in ("save", "export") for rules in self.rules(moment).values() for rule in rules]
        return any(rule.name == "disallow_division" for rule in checks)

    # What is typed at Accept

    def code_input(self) -> Input | None:
        """The display code, typed at Accept unless the document hides it; `code` and `origin_code` mean the same.

        Where the object's own number may become its code, it is offered when the ERP settings say so; otherwise
        somebody has to type one.
        """
        return self._code_input

    @cached_property
    def _code_input(self) -> Input | None:
        fields = part_at(self.settings, "rules", "export", "fields")
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
        return self._custom_inputs

    @cached_property
    def _custom_inputs(self) -> tuple[Input, ...]:
        custom = part_at(self.settings, "configs", "export").get("custom_fields") or ()
        inputs = tuple(
            Input(
                key=str(one["key"]),
                label=str(one.get("label") or one["key"]),
                kind="date" if one.get("type") == "date" else "string",
                rules=rules_of(part_at(one, "rules")),
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

    @cached_property
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
        return switched_on(part_at(self.settings, "configs", "export").get("forecast_amounts"))

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
        return str(part_at(self.settings, "configs", "import").get("minimum_sync_version") or "")

    @property
    def contract_item_format(self) -> str:
        """Prime contracts: the mask of a line's code, where lines are checked against it; else empty."""
        mask = part_at(self.settings, "configs", "contract_item_format").get("text")
        return str(mask or "") if self.config("prime_contract_line_item_format") else ""

    @property
    def contract_item_delimiter(self) -> str:
        return str(part_at(self.settings, "configs", "contract_item_delimiter").get("text") or "")

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
