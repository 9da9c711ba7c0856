"""Reading a company's metadata document: which entities are on, what each allows, which rules run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from erpstaging.catalogue.entity import Entity
from erpstaging.connections.validation import Rule, failures, rules_of
from erpstaging.core.errors import Invalid, NotFound


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


@dataclass(frozen=True, slots=True)
class EntityRules:
    """What the document says of one entity. `settings` is the entity's own part of it."""

    name: str
    settings: Mapping[str, Any]
    code_label: str

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
        export = _at(self.settings, "configs", "export")
        return self.enabled and (_on(export.get("update")) or self.config("update"))

    @property
    def shows_tab(self) -> bool:
        return self.enabled and _on(_at(self.settings, "tab"))

    @property
    def warning(self) -> str | None:
        message = _at(self.settings, "rules", "export", "warning_message")
        return str(message.get("message") or "") if _on(message) else None

    def _rules(self, moment: str) -> dict[str, tuple[Rule, ...]]:
        fields = _at(self.settings, "rules", moment, "fields")
        return {name: rules_of(declared) for name, declared in fields.items() if isinstance(declared, Mapping)}

    def save_failures(self, values: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, list[str]]:
        return failures(self._rules("save"), values, labels)

    def export_failures(self, values: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, list[str]]:
        return failures(self._rules("export"), values, labels)

    def code_input(self) -> Input | None:
        """The display code, typed at Accept unless the document hides it; `code` and `origin_code` mean the same."""
        fields = _at(self.settings, "rules", "export", "fields")
        declared = fields.get("code", fields.get("origin_code"))
        if not isinstance(declared, Mapping) or declared.get("enabled") is False:
            return None
        return Input("code", self.code_label, "string", rules_of(declared))

    def custom_inputs(self) -> tuple[Input, ...]:
        custom = _at(self.settings, "configs", "export").get("custom_fields") or ()
        return tuple(
            Input(
                key=str(one["key"]),
                label=str(one.get("label") or one["key"]),
                kind="date" if one.get("type") == "date" else "string",
                rules=rules_of(_at(one, "rules")),
            )
            for one in custom
        )


class Metadata:
    """A company's document, or the absence of one."""

    def __init__(self, document: Mapping[str, Any] | None) -> None:
        self.document = document
        self.settings = _at(document, "settings") or (document or {})

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

    def rules(self, name: str) -> EntityRules:
        settings = _at(self.settings, "entities", name)
        column = _at(settings, "tab", "columns", "code").get("text")
        return EntityRules(name, settings, str(column or self.id_name))

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
